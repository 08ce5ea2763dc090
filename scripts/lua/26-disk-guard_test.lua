function test_room_enough()
  expect_none(emit("before pull", { image = { size = 100e6 } }))
  for _, d in ipairs(advance("1h")) do
    expect_none(d)
  end
end

function test_prunes_in_time()
  device { disk_free = 400e6 }
  local decisions = advance("16m")
  expect_equal(#decisions, 1)
  expect_action(decisions[1], "prune", { reason = "the disk is nearly full" })
end

function test_too_large()
  device { disk_free = 1e9 }
  expect_none(emit("before pull", { image = { size = 630e6 } }))
  expect_defer(emit("before pull", { image = { size = 650e6 } }), "1h", "not enough room: 1000 MB are free")
end

function test_nothing_left()
  device { disk_free = 100e6 }
  expect_defer(emit("before pull"), "100 MB are free")
end
