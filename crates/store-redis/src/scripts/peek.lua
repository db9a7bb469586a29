
-- Answers the time, and of each bucket that is there its place and its TAT.
local found = read()
local answer = {print_time(now_s, now_n)}
for i = 1, #keys do
  if found[i] then
    answer[#answer + 1] = i
    answer[#answer + 1] = print_time(tat_of(keys[i], found[i]))
  end
end
return answer
