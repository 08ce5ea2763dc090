local function started(decisions)
  local names = {}
  for _, d in ipairs(decisions) do
    for _, a in ipairs(d.actions) do
      names[#names + 1] = a.op .. " " .. a.container
    end
  end
  return names
end

function test_stops_it_and_says_so()
  local d = emit("on crash_loop")
  expect_action(d, "stop", { reason = "web ended 5 times within 300 s" })
  expect_action(d, "alarm", { type = "crash-loop-web" })
end

function test_gives_another_chance()
  emit("on crash_loop")
  expect_equal(started(advance("29m")), {})
  expect_equal(started(advance("2m")), { "start web" })
  expect_equal(started(advance("2h")), {})
end

function test_a_person_was_faster()
  emit("on crash_loop")
  expect_action(emit("after start"), "alarm", { type = "crash-loop-web", severity = "cleared" })
  expect_equal(started(advance("2h")), {})
end

function test_one_after_the_other()
  emit("on crash_loop")
  emit("on crash_loop", { container = "db" })
  expect_equal(started(advance("32m")), { "start db", "start web" })
end

function test_left_alone()
  expect_none(emit("on crash_loop", { container = { labels = { ["edged.brake"] = "never" } } }))
end
