-- Nothing is fetched or updated while the device is weak: on an empty battery, too
-- hot, or on a link that costs money.
--
-- What the device can't measure does not hinder. A container with the label
-- edged.urgent=true is updated all the same.

edged.api(1)

local least_charge = 30 -- percent, on battery
local most_heat = 80    -- degrees Celsius
local patience = "30m"

local function weakness(device)
  local power, temp = device.power, device.temp
  if power.source == "battery" and power.percent and power.percent < least_charge then
    return ("the battery has %d %%, less than %d"):format(power.percent, least_charge)
  end
  if temp and temp > most_heat then
    return ("the device has %d degrees, more than %d"):format(temp, most_heat)
  end
end

local function urgent(ev)
  return ev.container and ev.container.labels["edged.urgent"] == "true"
end

edged.before("update", function(ev)
  local why = weakness(ev.device)
  if why and not urgent(ev) then
    return edged.defer(patience, why)
  end
end)

edged.before("pull", function(ev)
  local why = weakness(ev.device)
  if ev.device.net.metered then
    why = "the link costs money"
  end
  if why and not urgent(ev) then
    return edged.defer(patience, why)
  end
end)
