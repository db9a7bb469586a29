
-- A bucket is a key that expires when the bucket is full, at the next whole millisecond. Its value tells how many
-- hundreds of nanoseconds before that its TAT lies: such small integers cost the server no memory of their own.
-- Under a given clock, of which the server knows nothing, it never expires, and its value is the TAT itself.
local KEY_BYTES = 17
-- Lua's stack bounds how many values one call takes or gives.
local CHUNK = 1000

-- A call of the server's own costs more than most of what is calculated here, so there are as few as can be.
local call, unpack_struct, format = redis.call, struct.unpack, string.format

-- The parts of a text, each of so many bytes.
local function parts(text, kind, bytes)
  local count = #text / bytes
  if count <= CHUNK then
    local some = {unpack_struct('>' .. string.rep(kind, count), text)}
    -- Where it stopped.
    some[count + 1] = nil
    return some
  end
  local all = {}
  for first = 1, #text, CHUNK * bytes do
    local some = parts(string.sub(text, first, first + CHUNK * bytes - 1), kind, bytes)
    for i = 1, #some do
      all[#all + 1] = some[i]
    end
  end
  return all
end

-- ARGV[2]: the keys of the buckets. As one argument they cost the server least, and on a cluster, where they are of several
-- slots, they could not be declared. There ARGV[3] is not empty, and no call may name several of them.
local keys = parts(ARGV[2], 'c17', KEY_BYTES)

-- What each key holds; false where there is none.
local found = {}
local function look()
  if ARGV[3] == '' and #keys <= CHUNK then
    found = call('MGET', unpack(keys))
    return
  end
  for i = 1, #keys do
    found[i] = call('GET', keys[i])
  end
end

-- What the values of buckets that expire tell.
local early = {}

-- The TAT of a bucket that is there.
local function tat_of(bucket)
  local value = found[bucket]
  local ms = is_given and -1 or call('PEXPIRETIME', keys[bucket])
  if ms < 0 then
    return parse(value)
  end
  value = tonumber(value)
  early[bucket] = value
  if value == 0 then
    return ms, 0
  end
  return ms - 1, MILLISECOND - value * 100
end

local function keep(bucket, ms, ns)
  if is_given then
    call('SET', keys[bucket], ms > 0 and format('%d%06d', ms, ns) or format('%d', ns))
    return
  end
  local value = 0
  if ns > 0 then
    -- Up to the next hundred nanoseconds, and the rest to the next millisecond.
    value = (MILLISECOND - ns - (-ns) % 100) / 100
    ms = ms + 1
  end
  -- Numbers are printed here: as arguments they take several times as long.
  local expires = format('%d', ms)
  if value == early[bucket] then
    -- The time between two units is whole milliseconds, as most are.
    call('PEXPIREAT', keys[bucket], expires)
  else
    call('SET', keys[bucket], format('%d', value), 'PXAT', expires)
  end
end

-- What is done to the bucket of a place. ARGV[4]: what there is to do, mostly each once, for many are treated alike; ARGV[5]:
-- which of that for each place, counted from zero, in a byte where that is enough.
local treatments = {}
local function treatment(place, kind, bytes)
  local which
  if #ARGV[4] <= 256 * bytes then
    which = string.byte(ARGV[5], place)
  else
    which = unpack_struct('>I4', ARGV[5], place * 4 - 3)
  end
  local known = treatments[which]
  if not known then
    known = {unpack_struct(kind, ARGV[4], which * bytes + 1)}
    treatments[which] = known
  end
  return known
end

-- Answers the time and, of buckets that are there, their places and TATs: six bytes of milliseconds, three of nanoseconds.
local told, told_length = {}, 0
local function tell(place, ms, ns)
  told[told_length + 1], told[told_length + 2], told[told_length + 3] = place - 1, ms, ns
  told_length = told_length + 3
end
local function answer()
  local text = struct.pack('>I6I3', now_ms, now_ns)
  for first = 1, told_length, CHUNK * 3 do
    local last = math.min(first + CHUNK * 3 - 1, told_length)
    text = text .. struct.pack('>' .. string.rep('I4I6I3', (last - first + 1) / 3), unpack(told, first, last))
  end
  return text
end
