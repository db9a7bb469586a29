
-- ARGV[2]: per bucket the action, the cost increment and the burst offset.
-- Answers the time, and of each bucket that is there its place and its TAT as it was.
local CHARGE, CHARGE_BYTES = '>BI5I4I5I4', 19
local SPEND, CHECK, RECORD = 0, 1, 2

local charges = ARGV[2]
local found = read()
local answer = {print_time(now_s, now_n)}
local tats_s, tats_n = {}, {}
for i = 1, #keys do
  if found[i] then
    tats_s[i], tats_n[i] = tat_of(keys[i], found[i])
    answer[#answer + 1] = i
    answer[#answer + 1] = print_time(tats_s[i], tats_n[i])
  end
end

local changed, byte = {}, string.byte
for i = 1, #keys do
  local position = (i - 1) * CHARGE_BYTES + 1
  -- A full bucket that is only checked allows: no cost exceeds the burst, and the server's time is far from the last.
  if found[i] or is_given or byte(charges, position) ~= CHECK then
    local action, increment_s, increment_n, offset_s, offset_n = struct.unpack(CHARGE, charges, position)
    local tat_s, tat_n = tats_s[i] or 0, tats_n[i] or 0
    -- A full bucket gains nothing by waiting: start from now, not from a TAT in the past.
    local from_s, from_n = later(tat_s, tat_n, now_s, now_n)
    local after_s, after_n

    if action == RECORD then
      local empty_s, empty_n = add_up_to_last(now_s, now_n, offset_s, offset_n)
      after_s, after_n = add_up_to_last(from_s, from_n, increment_s, increment_n)
      if is_after(after_s, after_n, empty_s, empty_n) then
        after_s, after_n = empty_s, empty_n
      end
      -- A TAT beyond empty (the clock was set back, the quota lowered) is not drawn nearer.
      after_s, after_n = later(after_s, after_n, tat_s, tat_n)
    else
      -- Denied: nothing has been written so far, and nothing will be.
      local backlog_s, backlog_n = since(tat_s, tat_n, now_s, now_n)
      local needed_s, needed_n = add(backlog_s, backlog_n, increment_s, increment_n)
      if is_after(needed_s, needed_n, offset_s, offset_n) then
        return answer
      end
      after_s, after_n = add(from_s, from_n, increment_s, increment_n)
      if is_after(after_s, after_n, LAST_S, LAST_N) then
        return answer
      end
    end

    local differs = after_s ~= tat_s or after_n ~= tat_n
    if action ~= CHECK and differs and is_after(after_s, after_n, now_s, now_n) then
      changed[#changed + 1] = {keys[i], after_s, after_n}
    end
  end
end

for _, bucket in ipairs(changed) do
  keep(bucket[1], bucket[2], bucket[3])
end
return answer
