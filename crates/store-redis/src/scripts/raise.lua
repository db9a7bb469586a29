
-- What is done to a bucket: its TAT becomes this one, when it is later.
look()
for bucket = 1, #keys do
  local tat = treatment(bucket, '>I6I3', 9)
  local least_ms, least_ns = now_ms, now_ns
  if found[bucket] then
    local ms, ns = tat_of(bucket)
    if is_after(ms, ns, now_ms, now_ns) then
      least_ms, least_ns = ms, ns
    end
  end
  if is_after(tat[1], tat[2], least_ms, least_ns) then
    keep(bucket, tat[1], tat[2])
  end
end
return 0
