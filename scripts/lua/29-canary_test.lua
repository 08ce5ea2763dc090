local new, old = "registry.example.com/web:1.5.0", "registry.example.com/web:1.4.0"

-- Plays the update of web-2 while web-1 is so.
local function update(canary)
  canary.name = "web-1"
  containers { canary, { name = "web-2", image = old } }
  return emit("before update", { image = new, container = { name = "web-2", labels = { ["edged.canary"] = "web-1" } } })
end

local function ago(minutes)
  return clock() - 60 * minutes
end

function test_others_are_not_asked()
  expect_none(emit("before update"))
  expect_none(emit("before update", { container = { name = "web-1", labels = { ["edged.canary"] = "web-1" } } }))
end

function test_waits_for_the_canary()
  expect_defer(update { image = old, started_at = ago(60) }, "5m", "web-1 does not run")
end

function test_waits_for_its_health()
  expect_defer(update { image = new, started_at = ago(60), health = "unhealthy" }, "web-1 is not well")
  expect_defer(update { image = new, started_at = ago(60), state = "exited" }, "web-1 is not well")
end

function test_waits_for_its_proof()
  expect_defer(update { image = new, started_at = ago(9) }, "web-1 has not run for long enough")
end

function test_follows()
  expect_none(update { image = new, started_at = ago(10), health = "healthy" })
end

function test_a_canary_that_is_not_there()
  containers { "web-2" }
  expect_deny(emit("before update", { container = { name = "web-2", labels = { ["edged.canary"] = "web-1" } } }),
    "its canary web-1 does not exist")
end
