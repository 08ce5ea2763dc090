function test_trusted()
  for _, image in ipairs { "nginx", "ghcr.io/a/b:1", "registry.example.com/app", "eu.registry.example.com:5000/app" } do
    expect_none(emit("before pull", { image = image }))
  end
end

function test_foreign()
  for _, registry in ipairs { "evil.example.com", "ghcr.io.evil.example.com", "registry.untrusted.example:5000" } do
    expect_deny(emit("before pull", { image = registry .. "/app:v1" }), registry .. " is not trusted")
  end
end

function test_says_which()
  expect_deny(emit("before pull", { image = "evil.example.com/app" }), "the registry evil.example.com is not trusted")
end
