-- Reads a capture and counts DNS messages by RCODE, with dnsjit: its fastest reader, its layers, the
-- header of each message.
--
-- usage: dnsjit dnsjit_read.lua FILE
require("dnsjit.core.objects")
local input = require("dnsjit.input.mmpcap").new()
local layer = require("dnsjit.filter.layer").new()
local dns = require("dnsjit.core.object.dns").new()

if input:open(arg[2]) ~= 0 then
    os.exit(1)
end
layer:producer(input)
local producer, context = layer:produce()
local messages, rcodes = 0, {}

while true do
    local object = producer(context)
    if object == nil then break end
    if object:type() == "payload" and object:cast().len > 0 then
        dns.obj_prev = object
        if dns:parse_header() == 0 then
            messages = messages + 1
            if dns.have_rcode == 1 and dns.qr == 1 then
                rcodes[dns.rcode] = (rcodes[dns.rcode] or 0) + 1
            end
        end
    end
end
print(messages .. " messages, " .. (rcodes[2] or 0) .. " SERVFAIL")
