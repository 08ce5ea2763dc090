-- One container is updated first, the others of its kind when it has proved
-- itself.
--
--   edged.canary=web-1        a label of web-2 and web-3, which follow web-1
--
-- A follower waits until the canary runs the new image, in good health, and has
-- done so for a while.

edged.api(1)

local proof = 10 * 60 -- seconds that the canary must run

edged.before("update", function(ev)
  local name = ev.container.labels["edged.canary"]
  if not name or name == ev.container.name then
    return
  end
  local canary = edged.containers.get(name)
  if not canary then
    return edged.deny("its canary " .. name .. " does not exist")
  end
  if not edged.image.same(canary.image, ev.image.ref) then
    return edged.defer("5m", name .. " does not run " .. ev.image.ref .. " yet")
  end
  local well = canary.state == "running" and (canary.health == nil or canary.health == "healthy")
  if not well then
    return edged.defer("5m", name .. " is not well")
  end
  local since = canary.started_at
  if not since or edged.time.now() - since < proof then
    return edged.defer("5m", name .. " has not run for long enough")
  end
end)
