local function say(percent)
  emit("on mqtt:fleet/rollout/web", { payload = percent })
end

local function deferred(id)
  device { id = id }
  return emit("before update").verdict == "defer"
end

function test_all_without_a_message()
  expect_none(emit("before update"))
end

function test_none()
  say("0")
  expect_defer(emit("before update"), "1h", "rolled out to 0 % of all devices so far")
end

function test_all()
  say("100")
  expect_none(emit("before update"))
end

function test_about_as_many_as_said()
  say("25")
  local first = 0
  for i = 1, 200 do
    if not deferred("device-" .. i) then
      first = first + 1
    end
  end
  expect(first > 30 and first < 70, "of 200 devices " .. first .. " are among the first 25 %")
end

function test_who_is_first_stays_so()
  for i = 1, 20 do
    say("20")
    local early = not deferred("device-" .. i)
    say("40")
    expect(not early or not deferred("device-" .. i), "device-" .. i .. " was among the first")
  end
end

function test_an_empty_message_ends_it()
  say("0")
  say("")
  expect_none(emit("before update"))
end
