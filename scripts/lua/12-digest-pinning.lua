-- Images are named by digest, so that what was tested is what runs.
--
-- A tag may mean another image tomorrow; a digest always means the same bytes.

edged.api(1)

-- Registries whose tags never move: there a tag other than latest is enough.
local fixed_tags = {
  ["registry.example.com"] = true,
}

edged.before("pull", function(ev)
  local image = ev.image
  if image.digest then
    return
  end
  if fixed_tags[image.registry] and image.tag ~= "latest" then
    return
  end
  return edged.deny(image.ref .. " is not pinned: name it by digest, as NAME@sha256:...")
end)
