function test_goes_to_the_mirror()
  local d = emit("before pull", { image = "nginx:1.27" })
  expect_modify(d, { image = "mirror.example.com/hub/library/nginx:1.27" })
  expect_allow(d, "from the mirror of docker.io")
end

function test_keeps_the_digest()
  local digest = "sha256:" .. ("a"):rep(64)
  expect_modify(emit("before pull", { image = "nginx@" .. digest }),
    { image = "mirror.example.com/hub/library/nginx@" .. digest })
end

function test_leaves_others_alone()
  expect_none(emit("before pull", { image = "registry.example.com/web:1" }))
end

-- What is checked afterwards is the mirror's name.
function test_comes_before_the_others()
  scripts("05-mirror.lua", "10-trusted-registry.lua")
  expect_deny(emit("before pull", { image = "nginx" }), "mirror.example.com is not trusted")
end
