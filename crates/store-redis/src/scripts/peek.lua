
-- Answers the time, and the TAT of each bucket.
local found = read()
local answer = {print_time(now_s, now_n)}
for i = 1, #keys do
  answer[i + 1] = found[i] and print_time(tat_of(keys[i], found[i]))
end
return answer
