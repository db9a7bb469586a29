
-- What is done to a bucket: action (0 is to spend), cost increment and burst offset.
-- ARGV[6]: the places that count even when their bucket is full, and of each the first place that has the same bucket.
-- Any other full bucket is only checked, which allows: no cost exceeds the burst.
-- ARGV[7], where there are several decisions: how many places each has. Later ones find what earlier ones spent.
-- Answers of each place whose bucket is there its TAT as it was.
local CHECK, RECORD = 1, 2

look()

local counting, counts = parts(ARGV[6], 'I4', 4), {}
for i = 1, #counting, 2 do
  local place = counting[i]
  counts[place] = true
  if counting[i + 1] ~= place then
    found[place] = false
  end
end

-- The TATs of the buckets that are there, by their first places, as the decisions so far leave them.
local tats_ms, tats_ns = {}, {}
-- Places whose buckets are there, and that do not count otherwise.
local there = {}
for place = 1, #keys do
  if found[place] then
    tats_ms[place], tats_ns[place] = tat_of(place)
    if not counts[place] then
      there[#there + 1] = place
    end
  end
end

-- What the decision at hand makes of buckets, if it allows.
local is_denied, afters, afters_first, afters_ms, afters_ns = false, 0, {}, {}, {}

local function weigh(place, first)
  local charge, from_ms, from_ns = treatment(place, '>BI6I3I6I3', 19), now_ms, now_ns
  local ms, ns = tats_ms[first], tats_ns[first]
  if ms then
    tell(place, ms, ns)
    -- A full bucket gains nothing by waiting: start from now, not from a TAT in the past.
    if is_after(ms, ns, now_ms, now_ns) then
      from_ms, from_ns = ms, ns
    end
  end
  ms, ns = from_ms + charge[2], from_ns + charge[3]
  if ns >= MILLISECOND then
    ms, ns = ms + 1, ns - MILLISECOND
  end
  -- When an empty bucket is full.
  local empty_ms, empty_ns = now_ms + charge[4], now_ns + charge[5]
  if empty_ns >= MILLISECOND then
    empty_ms, empty_ns = empty_ms + 1, empty_ns - MILLISECOND
  end
  if is_after(empty_ms, empty_ns, LAST_MS, LAST_NS) then
    empty_ms, empty_ns = LAST_MS, LAST_NS
  end
  if is_after(ms, ns, empty_ms, empty_ns) then
    is_denied = is_denied or charge[1] ~= RECORD
    -- A TAT beyond empty (the clock was set back, the quota lowered) is not drawn nearer.
    ms, ns = empty_ms, empty_ns
    if is_after(from_ms, from_ns, ms, ns) then
      ms, ns = from_ms, from_ns
    end
  end
  if charge[1] ~= CHECK and (ms ~= from_ms or ns ~= from_ns) then
    afters = afters + 1
    afters_first[afters], afters_ms[afters], afters_ns[afters] = first, ms, ns
  end
end

-- The first places of the buckets that decisions so far have changed.
local changed, is_changed = {}, {}
local next_there, next_counting = 1, 1

local function decide(last)
  is_denied, afters = false, 0
  while next_there <= #there and there[next_there] <= last do
    weigh(there[next_there], there[next_there])
    next_there = next_there + 1
  end
  while next_counting <= #counting and counting[next_counting] <= last do
    weigh(counting[next_counting], counting[next_counting + 1])
    next_counting = next_counting + 2
  end
  if is_denied then
    return
  end
  for i = 1, afters do
    local first = afters_first[i]
    tats_ms[first], tats_ns[first] = afters_ms[i], afters_ns[i]
    if not is_changed[first] then
      is_changed[first] = true
      changed[#changed + 1] = first
    end
  end
end

local last = 0
for _, size in ipairs(ARGV[7] and parts(ARGV[7], 'I4', 4) or {#keys}) do
  last = last + size
  decide(last)
end

for i = 1, #changed do
  keep(changed[i], tats_ms[changed[i]], tats_ns[changed[i]])
end
return answer()
