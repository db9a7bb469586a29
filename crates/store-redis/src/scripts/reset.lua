
for bucket = 1, #keys do
  call('DEL', keys[bucket])
end
return 0
