
-- KEYS: the buckets. ARGV[2]: a TAT for each. The later one of both stays.
local position = 1
for i = 1, #KEYS do
  local s, n
  s, n, position = struct.unpack('>I5I4', ARGV[2], position)
  local least_s, least_n = now_s, now_n
  local held = redis.call('GET', KEYS[i])
  if held then
    local held_s, held_n = parse(held)
    least_s, least_n = later(held_s, held_n, now_s, now_n)
  end
  if is_after(s, n, least_s, least_n) then
    keep(KEYS[i], s, n)
  end
end
return #KEYS
