-- Images of some registries are fetched from a mirror near the device.
--
-- Edit the table in a copy of this file, in /etc/edged/policy.d/ under the same
-- name. A mirror may have a path: "mirror.example.com/hub".

edged.api(1)

local mirrors = {
  ["docker.io"] = "mirror.example.com/hub",
}

edged.before("pull", { stage = "mutate" }, function(ev)
  local image = ev.image
  local mirror = mirrors[image.registry]
  if not mirror then
    return
  end
  local ref = mirror .. "/" .. image.repository
  if image.tag then
    ref = ref .. ":" .. image.tag
  end
  if image.digest then
    ref = ref .. "@" .. image.digest
  end
  return edged.modify({ image = ref }, "from the mirror of " .. image.registry)
end)
