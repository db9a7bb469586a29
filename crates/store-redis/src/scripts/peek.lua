
-- Answers of each bucket that is there its TAT.
look()
for bucket = 1, #keys do
  if found[bucket] then
    tell(bucket, tat_of(bucket))
  end
end
return answer()
