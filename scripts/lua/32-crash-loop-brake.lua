-- A container that ends again and again is stopped, and gets another chance after
-- a while: it must not wear out the flash and starve the others.
--
-- A container with the label edged.brake=never goes on.

edged.api(1)

local pause = 30 * 60 -- seconds

edged.on("crash_loop", function(ev)
  local c = ev.container
  if c.labels["edged.brake"] == "never" then
    return
  end
  edged.kv.set(c.name, edged.time.now() + pause)
  local why = ("%s ended %d times within %d s"):format(c.name, ev.exits, ev.window)
  return edged.stop { reason = why }, edged.alarm { type = "crash-loop-" .. c.name, text = why .. "; it is stopped" }
end)

edged.every("1m", function()
  for _, name in ipairs(edged.kv.list()) do
    if edged.time.now() >= edged.kv.get(name) then
      edged.kv.delete(name)
      return edged.start { container = name, reason = "another chance after a crash loop" }
    end
  end
end)

-- Whoever starts it by hand takes it out of our hands.
edged.after("start", function(ev)
  edged.kv.delete(ev.container.name)
  return edged.alarm { type = "crash-loop-" .. ev.container.name, severity = "cleared" }
end)
