# In your product's layer: settings and policy scripts from the folder files beside this one.
FILESEXTRAPATHS:prepend := "${THISDIR}/files:"

EDGED_SETTINGS = "10-product.yaml"
EDGED_POLICIES = "20-window.lua"
