
-- ARGV[2]: per bucket a TAT. The later one of both stays.
local TAT, TAT_BYTES = '>I5I4', 9
local found = read()
for i = 1, #keys do
  local s, n = struct.unpack(TAT, ARGV[2], (i - 1) * TAT_BYTES + 1)
  local least_s, least_n = now_s, now_n
  if found[i] then
    local held_s, held_n = tat_of(keys[i], found[i])
    least_s, least_n = later(held_s, held_n, now_s, now_n)
  end
  if is_after(s, n, least_s, least_n) then
    keep(keys[i], s, n)
  end
end
return 0
