-- Lua's numbers are doubles, exact up to 2^53; nanoseconds since 1970 are beyond. So a time is two
-- numbers, seconds and nanoseconds of the second, and every sum and comparison is exact.
-- On the wire a time is its nanoseconds as decimal digits.
local SECOND = 1000000000
local LAST_S, LAST_N = 18446744073, 709551615

local function parse(digits)
  if #digits <= 9 then
    return 0, tonumber(digits)
  end
  return tonumber(string.sub(digits, 1, -10)), tonumber(string.sub(digits, -9))
end

local function print_time(s, n)
  if s == 0 then
    return string.format('%d', n)
  end
  return string.format('%d%09d', s, n)
end

local function is_after(s, n, other_s, other_n)
  return s > other_s or (s == other_s and n > other_n)
end

local function later(s, n, other_s, other_n)
  if is_after(s, n, other_s, other_n) then
    return s, n
  end
  return other_s, other_n
end

local function add(s, n, more_s, more_n)
  s, n = s + more_s, n + more_n
  if n >= SECOND then
    return s + 1, n - SECOND
  end
  return s, n
end

local function add_up_to_last(s, n, more_s, more_n)
  s, n = add(s, n, more_s, more_n)
  if is_after(s, n, LAST_S, LAST_N) then
    return LAST_S, LAST_N
  end
  return s, n
end

-- From the second time to the first; zero when the second is not earlier.
local function since(s, n, earlier_s, earlier_n)
  if not is_after(s, n, earlier_s, earlier_n) then
    return 0, 0
  end
  s, n = s - earlier_s, n - earlier_n
  if n < 0 then
    return s - 1, n + SECOND
  end
  return s, n
end

-- ARGV[1] is the time, or empty for the server's clock.
local is_given = ARGV[1] ~= ''
local now_s, now_n
if is_given then
  now_s, now_n = parse(ARGV[1])
else
  local time = redis.call('TIME')
  now_s, now_n = tonumber(time[1]), tonumber(time[2]) * 1000
end
