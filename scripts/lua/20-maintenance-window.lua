-- Updates wait for the maintenance window of their container.
--
-- The window is a label of the container, so that each application says when it
-- may be interrupted, and in which time zone that is meant:
--
--   edged.window=22:00-05:00
--   edged.window=Sat,Sun 08:00-12:00
--   edged.zone=Europe/Rome
--
-- Without a zone, times are the device's own. A container without a window is
-- updated at any time, and so is one with the label edged.urgent=true.

edged.api(1)

edged.before("update", function(ev)
  local labels = ev.container.labels
  local window, zone = labels["edged.window"], labels["edged.zone"]
  if not window or labels["edged.urgent"] == "true" or edged.time.window(window, zone) then
    return
  end
  return edged.defer("15m", "outside the maintenance window " .. window)
end)
