-- Lua's numbers are doubles, exact up to 2^53; nanoseconds since 1970 are beyond. So a time is two numbers, milliseconds, in
-- which keys expire, and nanoseconds of the millisecond, and every sum and comparison is exact.
-- On the wire a time is its nanoseconds as decimal digits.
local MILLISECOND = 1000000
local LAST_MS, LAST_NS = 18446744073709, 551615

local function parse(digits)
  if #digits <= 6 then
    return 0, tonumber(digits)
  end
  return tonumber(string.sub(digits, 1, -7)), tonumber(string.sub(digits, -6))
end

local function is_after(ms, ns, other_ms, other_ns)
  return ms > other_ms or (ms == other_ms and ns > other_ns)
end

-- ARGV[1] is the time, or empty for the server's clock.
local is_given = ARGV[1] ~= ''
local now_ms, now_ns
if is_given then
  now_ms, now_ns = parse(ARGV[1])
else
  local time = redis.call('TIME')
  local ns = tonumber(time[2]) * 1000
  now_ns = ns % MILLISECOND
  now_ms = time[1] * 1000 + (ns - now_ns) / MILLISECOND
end
