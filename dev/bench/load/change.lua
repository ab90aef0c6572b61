-- Changes events. Every coefficient differs from the previous one, so every change has an effect.
-- Arguments: a unique run number, and the number of events.
local HEAD = 'PUT /event HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' ..
  'Content-Length: %d\r\n\r\n%s'
local BODY = '{"event_id":"bench-%d","coefficient":"%d.%02d"}'

local run, events
local count = 0

function init(args)
  run, events = tonumber(args[1]), tonumber(args[2])
end

function request()
  count = count + 1
  local round = math.floor(count / events)
  local body = BODY:format(count % events, 2 + (run * 31 + round) % 997, round % 100)
  return HEAD:format(#body, body)
end
