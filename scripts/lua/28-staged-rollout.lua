-- An update reaches a part of all devices first.
--
-- How large a part, says a retained message, for each container:
--
--   mosquitto_pub -r -t fleet/rollout/web -m 10
--
-- and later 25, 50, 100. Every device decides by its own id, so that one that is
-- among the first 10 % stays among the first 25 %, and each image has other first
-- ones. Without a message, or with an empty one, all are updated.

edged.api(1)

edged.on("mqtt:fleet/rollout/+", function(ev)
  local name, percent = ev.topic:match("[^/]+$"), tonumber(ev.payload)
  if percent and percent >= 0 and percent <= 100 then
    edged.kv.set(name, percent)
  else
    edged.kv.delete(name)
  end
end)

edged.before("update", function(ev)
  local percent = edged.kv.get(ev.container.name)
  if percent and not edged.rollout(percent, ev.image.ref) then
    return edged.defer("1h", ("rolled out to %d %% of all devices so far"):format(percent))
  end
end)
