-- A container whose health check fails is helped, and harder each time.
--
-- It is restarted at once, and again after a pause; then it is made anew, then put
-- back to the revision before; and when nothing helps, somebody is called. An hour
-- without illness, and it begins from the start.
--
-- A container with the label edged.restart=never is left alone.

edged.api(1)

local forget = "1h"

local steps = {
  function(why) return edged.restart { reason = why } end,
  function(why) return edged.restart { after = "10s", reason = why } end,
  function(why) return edged.restart { after = "1m", reason = why } end,
  function(why) return edged.update { force = true, reason = why } end,
  function(why) return edged.rollback { reason = why } end,
}

edged.on("health", function(ev)
  local c, alarm = ev.container, "unhealthy-" .. ev.container.name
  if c.labels["edged.restart"] == "never" then
    return
  end
  if ev.to == "healthy" and edged.kv.get(c.name, 0) > #steps then
    edged.kv.delete(c.name)
    return edged.alarm { type = alarm, severity = "cleared" }
  end
  if ev.to ~= "unhealthy" then
    return
  end
  local n = edged.kv.incr(c.name, 1, forget)
  local why = ("%s is unhealthy, for the %d. time"):format(c.name, n)
  if steps[n] then
    return steps[n](why)
  end
  return edged.alarm { type = alarm, severity = "critical", text = why .. "; nothing has helped" }
end)
