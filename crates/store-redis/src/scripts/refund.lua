
-- ARGV[2]: per bucket what it gets back, and since when it might have been full but for that. What a full bucket would
-- not have gained in the meantime is not given back.
local REFUND, REFUND_BYTES = '>I5I4I5I4', 18
local found = read()
for i = 1, #keys do
  if found[i] then
    local position = (i - 1) * REFUND_BYTES + 1
    local back_s, back_n, full_s, full_n = struct.unpack(REFUND, ARGV[2], position)
    local tat_s, tat_n = tat_of(keys[i], found[i])
    local idle_s, idle_n = since(now_s, now_n, full_s, full_n)
    back_s, back_n = since(back_s, back_n, idle_s, idle_n)
    local after_s, after_n = since(tat_s, tat_n, back_s, back_n)
    if is_after(after_s, after_n, now_s, now_n) then
      keep(keys[i], after_s, after_n)
    else
      redis.call('DEL', keys[i])
    end
  end
end
return 0
