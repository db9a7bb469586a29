
-- KEYS: the buckets. ARGV[2]: what each gets back.
local position = 1
for i = 1, #KEYS do
  local increment_s, increment_n
  increment_s, increment_n, position = struct.unpack('>I5I4', ARGV[2], position)
  local digits = redis.call('GET', KEYS[i])
  if digits then
    local tat_s, tat_n = parse(digits)
    local after_s, after_n = since(tat_s, tat_n, increment_s, increment_n)
    if is_after(after_s, after_n, now_s, now_n) then
      keep(KEYS[i], after_s, after_n)
    else
      redis.call('DEL', KEYS[i])
    end
  end
end
return 0
