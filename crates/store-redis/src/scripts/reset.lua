
for i = 1, #keys do
  redis.call('DEL', keys[i])
end
return 0
