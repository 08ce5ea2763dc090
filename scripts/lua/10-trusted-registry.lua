-- Images come only from registries that you trust.
--
-- To change the list, copy this file to /etc/edged/policy.d/ under the same
-- name and edit the copy: it takes the place of this one.

edged.api(1)

-- A name without a port stands for all of its ports; "*.example.com" for every
-- name below example.com.
local trusted = {
  "registry.example.com", -- your own
  "*.registry.example.com",
  "docker.io",
  "ghcr.io",
  "quay.io",
}

local function matches(registry, entry)
  local name = registry:gsub(":%d+$", "")
  if entry:sub(1, 2) == "*." then
    local suffix = entry:sub(2)
    return #name > #suffix and name:sub(-#suffix) == suffix
  end
  return registry == entry or name == entry
end

edged.before("pull", function(ev)
  for _, entry in ipairs(trusted) do
    if matches(ev.image.registry, entry) then
      return
    end
  end
  return edged.deny("the registry " .. ev.image.registry .. " is not trusted")
end)
