-- A container whose health check fails is restarted.
--
-- A container with the label edged.restart=never is left alone.

edged.api(1)

edged.on("health", function(ev)
  if ev.to ~= "unhealthy" or ev.container.labels["edged.restart"] == "never" then
    return
  end
  return edged.restart({ reason = ev.container.name .. " is unhealthy" })
end)
