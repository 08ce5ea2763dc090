function test_a_strong_device()
  expect_none(emit("before update"))
  expect_none(emit("before pull"))
end

function test_battery()
  device { power = { source = "battery", percent = 29 } }
  expect_defer(emit("before update"), "30m", "the battery has 29 %, less than 30")
  expect_defer(emit("before pull"))
  device { power = { source = "battery", percent = 30 } }
  expect_none(emit("before update"))
  device { power = { source = "mains", percent = 5 } }
  expect_none(emit("before update"))
end

function test_heat()
  device { temp = 81 }
  expect_defer(emit("before update"), "the device has 81 degrees")
end

function test_metered_link()
  device { net = { link = "cellular", metered = true } }
  expect_defer(emit("before pull"), "30m", "the link costs money")
  expect_none(emit("before update"))
end

function test_urgent()
  device { temp = 99 }
  expect_none(emit("before update", { container = { labels = { ["edged.urgent"] = "true" } } }))
end
