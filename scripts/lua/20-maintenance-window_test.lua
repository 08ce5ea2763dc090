local function update(labels)
  return emit("before update", { container = { labels = labels } })
end

function test_without_a_window()
  expect_none(update {})
end

function test_waits_for_the_night()
  local night = { ["edged.window"] = "22:00-05:00" }
  clock("2026-01-07 21:59")
  expect_defer(update(night), "15m", "outside the maintenance window 22:00-05:00")
  advance("1m")
  expect_none(update(night))
  clock("2026-01-08 05:00")
  expect_defer(update(night))
end

function test_waits_for_the_weekend()
  local weekend = { ["edged.window"] = "Sat,Sun 08:00-12:00" }
  clock("2026-01-09 09:00") -- a Friday
  expect_defer(update(weekend))
  clock("2026-01-10 09:00")
  expect_none(update(weekend))
end

function test_in_a_zone()
  local rome = { ["edged.window"] = "02:00-04:00", ["edged.zone"] = "Europe/Rome" }
  clock("2026-07-01 00:30") -- UTC; in Rome it is 02:30
  expect_none(update(rome))
  clock("2026-12-01 00:30") -- in winter it is 01:30 there
  expect_defer(update(rome))
end

function test_the_device_has_a_zone_of_its_own()
  clock("2026-07-01 22:30", "America/New_York")
  expect_none(update { ["edged.window"] = "22:00-05:00" })
end

function test_urgent()
  expect_none(update { ["edged.window"] = "22:00-05:00", ["edged.urgent"] = "true" })
end

-- A window that can't be read holds the update, and says so.
function test_misspelt()
  local d = update { ["edged.window"] = "at night" }
  expect_error(d, "'at' is no day")
  expect_defer(d, "1m")
end
