table.insert({}, 60000000, 1)
