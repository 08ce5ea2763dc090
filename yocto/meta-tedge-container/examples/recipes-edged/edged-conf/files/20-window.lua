-- Updates only at night, by the device's clock.
edged.api(1)

edged.before("update", function()
  if edged.time.window("22:00-05:00") then return end
  return edged.defer("30m", "outside the maintenance window")
end)
