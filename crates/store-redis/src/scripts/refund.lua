
-- From the second time to the first; zero when the second is not earlier.
local function since(ms, ns, earlier_ms, earlier_ns)
  if not is_after(ms, ns, earlier_ms, earlier_ns) then
    return 0, 0
  end
  ms, ns = ms - earlier_ms, ns - earlier_ns
  if ns < 0 then
    return ms - 1, ns + MILLISECOND
  end
  return ms, ns
end

-- What is done to a bucket: what it gets back, and since when it might have been full but for that. What a full bucket would
-- not have gained in the meantime is not given back.
look()
for bucket = 1, #keys do
  if found[bucket] then
    local refund = treatment(bucket, '>I6I3I6I3', 18)
    local idle_ms, idle_ns = since(now_ms, now_ns, refund[3], refund[4])
    local back_ms, back_ns = since(refund[1], refund[2], idle_ms, idle_ns)
    local tat_ms, tat_ns = tat_of(bucket)
    local after_ms, after_ns = since(tat_ms, tat_ns, back_ms, back_ns)
    if is_after(after_ms, after_ns, now_ms, now_ns) then
      keep(bucket, after_ms, after_ns)
    else
      call('DEL', keys[bucket])
    end
  end
end
return 0
