
-- ARGV[2]: per bucket the action, the cost increment and the burst offset.
-- ARGV[4], where there are several decisions: how many buckets each has. Later ones find what earlier ones spent.
-- Answers the time, and per decision of each bucket that is there its place and its TAT as it was.
local CHARGE, CHARGE_BYTES = '>BI5I4I5I4', 19
local SPEND, CHECK, RECORD = 0, 1, 2
local byte, unpack_charge = string.byte, struct.unpack

local charges, sizes = ARGV[2], ARGV[4]
local found = read()
-- The TATs of the buckets that are there, by key, as the decisions so far leave them.
local tats_s, tats_n = {}, {}
for i = 1, #keys do
  local key = keys[i]
  if found[i] and not tats_s[key] then
    tats_s[key], tats_n[key] = tat_of(key, found[i])
  end
end
-- The keys that decisions so far have changed, and whether any of them is a new one.
local changed, is_changed, some_new = {}, {}, false

local function tat(i)
  if found[i] or some_new then
    return tats_s[keys[i]], tats_n[keys[i]]
  end
end

local function tell_buckets(first, last)
  local there = {}
  for i = first, last do
    if (found[i] or some_new) and tats_s[keys[i]] then
      there[#there + 1] = i
    end
  end
  tell(#there)
  for _, i in ipairs(there) do
    tell_bucket(i - first, tat(i))
  end
end

local function decide(first, last)
  local keys_after, s_after, n_after = {}, {}, {}
  for i = first, last do
    local tat_s, tat_n = tat(i)
    local position = (i - 1) * CHARGE_BYTES + 1
    -- A full bucket that is only checked allows: no cost exceeds the burst, and the server's time is far from the last.
    if tat_s or is_given or byte(charges, position) ~= CHECK then
      local action, increment_s, increment_n, offset_s, offset_n = unpack_charge(CHARGE, charges, position)
      -- A full bucket gains nothing by waiting: start from now, not from a TAT in the past.
      local from_s, from_n = later(tat_s or 0, tat_n or 0, now_s, now_n)
      local after_s, after_n = add(from_s, from_n, increment_s, increment_n)
      local empty_s, empty_n = add_up_to_last(now_s, now_n, offset_s, offset_n)
      if is_after(after_s, after_n, empty_s, empty_n) then
        -- Denied: nothing has been written so far of this decision, and nothing will be.
        if action ~= RECORD then
          return
        end
        -- A TAT beyond empty (the clock was set back, the quota lowered) is not drawn nearer.
        after_s, after_n = later(empty_s, empty_n, from_s, from_n)
      end
      if action ~= CHECK and (after_s ~= from_s or after_n ~= from_n) then
        local next = #keys_after + 1
        keys_after[next], s_after[next], n_after[next] = keys[i], after_s, after_n
      end
    end
  end
  for i, key in ipairs(keys_after) do
    some_new = some_new or not tats_s[key]
    tats_s[key], tats_n[key] = s_after[i], n_after[i]
    if not is_changed[key] then
      is_changed[key] = true
      changed[#changed + 1] = key
    end
  end
end

local first = 1
for decision = 1, sizes and #sizes / 4 or 1 do
  local last = #keys
  if sizes then
    last = first - 1 + struct.unpack('>I4', sizes, (decision - 1) * 4 + 1)
  end
  tell_buckets(first, last)
  decide(first, last)
  first = last + 1
end

for _, key in ipairs(changed) do
  keep(key, tats_s[key], tats_n[key])
end
return table.concat(told)
