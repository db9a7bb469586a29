-- A bucket is a key that expires when the bucket is full, at the next whole millisecond. Its value tells how many
-- hundreds of nanoseconds before that its TAT lies: such small integers cost the server no memory of their own.
-- Under a given clock, of which the server knows nothing, it never expires, and its value is the TAT itself.
local KEY_BYTES = 17
-- Lua's stack bounds how many keys one call may name.
local CHUNK = 1000

-- On a cluster a call names buckets of several slots of its node. Declared keys must be of one slot, so there they
-- are an argument.
local keys = KEYS
if #KEYS == 0 then
  keys = {}
  for first = 1, #ARGV[3], KEY_BYTES do
    keys[#keys + 1] = string.sub(ARGV[3], first, first + KEY_BYTES - 1)
  end
end

-- What each key holds; false where there is none.
local function read()
  local found = {}
  if keys ~= KEYS then
    for i = 1, #keys do
      found[i] = redis.call('GET', keys[i])
    end
    return found
  end
  if #keys <= CHUNK then
    return redis.call('MGET', unpack(keys))
  end
  for first = 1, #keys, CHUNK do
    local values = redis.call('MGET', unpack(keys, first, math.min(first + CHUNK - 1, #keys)))
    for i = 1, #values do
      found[first + i - 1] = values[i]
    end
  end
  return found
end

-- The TAT of a bucket that is there.
local function tat_of(key, value)
  local expires = -1
  if not is_given then
    expires = redis.call('PEXPIRETIME', key)
  end
  if expires < 0 then
    return parse(value)
  end
  local s = math.floor(expires / 1000)
  local n = (expires - s * 1000) * 1000000 - tonumber(value) * 100
  if n < 0 then
    return s - 1, n + SECOND
  end
  return s, n
end

local function keep(key, s, n)
  if is_given then
    redis.call('SET', key, print_time(s, n))
    return
  end
  -- Up to the next hundred nanoseconds, and the rest to the next millisecond.
  n = math.ceil(n / 100) * 100
  local milliseconds = math.ceil(n / 1000000)
  redis.call('SET', key, (milliseconds * 1000000 - n) / 100, 'PXAT', s * 1000 + milliseconds)
end

-- Tells, in one text, the time and then of each group of buckets how many are there, and of each of these its place and
-- its TAT: five bytes of seconds, four of nanoseconds.
local told = {struct.pack('>I5I4', now_s, now_n)}
local function tell(how_many)
  told[#told + 1] = struct.pack('>I4', how_many)
end
local function tell_bucket(place, s, n)
  told[#told + 1] = struct.pack('>I4I5I4', place, s, n)
end
