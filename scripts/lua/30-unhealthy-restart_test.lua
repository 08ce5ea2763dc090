local function ill(fields)
  return emit("on health", fields or {})
end

function test_restarts_at_once()
  expect_action(ill(), "restart", { reason = "web is unhealthy, for the 1. time", after = 0 })
end

function test_goes_further_each_time()
  ill()
  expect_action(ill(), "restart", { after = "10s" })
  expect_action(ill(), "restart", { after = "1m" })
  expect_action(ill(), "update", { force = "true" })
  expect_action(ill(), "rollback")
  expect_action(ill(), "alarm", { severity = "critical", type = "unhealthy-web" })
  expect_action(ill { to = "healthy" }, "alarm", { severity = "cleared", type = "unhealthy-web" })
  expect_action(ill(), "restart", { after = 0 })
end

function test_forgets_after_an_hour()
  ill()
  ill()
  advance("61m")
  expect_action(ill(), "restart", { after = 0 })
end

function test_counts_each_container_by_itself()
  ill()
  expect_action(ill { container = "db" }, "restart", { after = 0 })
end

function test_good_news()
  expect_none(ill { from = "unhealthy", to = "healthy" })
  expect_none(ill { from = "unhealthy", to = "starting" })
end

function test_left_alone()
  expect_none(ill { container = { labels = { ["edged.restart"] = "never" } } })
end
