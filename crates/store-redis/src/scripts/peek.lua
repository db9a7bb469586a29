
-- Answers the time, and of each bucket that is there its place and its TAT.
local found, places = read(), {}
for i = 1, #keys do
  if found[i] then
    places[#places + 1] = i
  end
end
tell(#places)
for _, i in ipairs(places) do
  tell_bucket(i - 1, tat_of(keys[i], found[i]))
end
return table.concat(told)
