-- The disk does not fill up with images: what nothing uses is removed in time, and
-- what has no room is not fetched.

edged.api(1)

local low = 500e6    -- bytes free, below which unused images are removed
local reserve = 200e6 -- bytes that a pull must leave
local growth = 1.25   -- how much larger the next version of an image may be

edged.every("15m", function(ev)
  if ev.device.disk_free < low then
    return edged.prune { reason = "the disk is nearly full" }
  end
end)

edged.before("pull", function(ev)
  local size = ev.image.size or 0 -- of the version that is here, if there is one
  local left = ev.device.disk_free - growth * size
  if left < reserve then
    return edged.defer("1h", ("not enough room: %.0f MB are free"):format(ev.device.disk_free / 1e6))
  end
end)
