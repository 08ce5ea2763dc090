function test_a_digest_is_enough()
  expect_none(emit("before pull", { image = "nginx@sha256:" .. ("a"):rep(64) }))
end

function test_a_tag_is_not()
  expect_deny(emit("before pull", { image = "nginx:1.27" }), "nginx:1.27 is not pinned")
end

function test_but_where_tags_never_move()
  expect_none(emit("before pull", { image = "registry.example.com/web:1.4.0" }))
  expect_deny(emit("before pull", { image = "registry.example.com/web:latest" }), "not pinned")
  expect_deny(emit("before pull", { image = "registry.example.com/web" }), "not pinned")
end
