function test_unlocked()
  expect_none(emit("before update"))
end

function test_by_file()
  file("/run/edged/locks/web", "")
  expect_defer(emit("before update"), "1m", "/run/edged/locks/web is there")
  file("/run/edged/locks/web", nil)
  expect_none(emit("before update"))
end

function test_by_message()
  emit("on mqtt:app/web/update-lock", { payload = "1" })
  expect_defer(emit("before update"), "1m", "web has locked its updates")
  expect_none(emit("before update", { container = "db" }))
  emit("on mqtt:app/web/update-lock", { payload = "0" })
  expect_none(emit("before update"))
end

function test_a_message_does_not_lock_for_ever()
  emit("on mqtt:app/web/update-lock", { payload = "1" })
  advance("119m")
  expect_defer(emit("before update"))
  advance("2m")
  expect_none(emit("before update"))
end

function test_needs_a_grant()
  grants { paths = { "/run/other/*" } }
  expect_load_error("file.read:/run/edged/locks/*")
end
