-- An application locks its own updates while it must not be interrupted: by a
-- file, or by a message.
--
--   touch /run/edged/locks/web             # rm unlocks
--   mosquitto_pub -t app/web/update-lock -m 1   # 0 unlocks
--
-- A lock by message ends by itself after two hours, so that an application that
-- has crashed does not keep its bugs. The file needs a grant in edged.yaml:
--
--   policy: {grants: ["22-update-lock.lua file.read:/run/edged/locks/*"]}

edged.api(1)
edged.needs { "file.read:/run/edged/locks/*" }

local longest = "2h"

edged.on("mqtt:app/+/update-lock", function(ev)
  local name = ev.topic:match("^app/([^/]+)/")
  if ev.payload == "1" then
    edged.kv.set(name, true, longest)
  else
    edged.kv.delete(name)
  end
end)

edged.before("update", function(ev)
  local name = ev.container.name
  if edged.file.exists("/run/edged/locks/" .. name) then
    return edged.defer("1m", "/run/edged/locks/" .. name .. " is there")
  end
  if edged.kv.get(name) then
    return edged.defer("1m", name .. " has locked its updates")
  end
end)
