-- Places bets, each with its own key and the coefficient that the bettor saw. Arguments: a unique
-- prefix of the keys, and the number of events.
local HEAD = 'POST /bet HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' ..
  'Idempotency-Key: %s-%d\r\nContent-Length: %d\r\n\r\n%s'
local BODY = '{"event_id":"bench-%d","bet_sum":"10.00","coefficient":"1.50"}'

local prefix, events
local count = 0

function init(args)
  prefix, events = args[1], tonumber(args[2])
end

function request()
  count = count + 1
  local body = BODY:format(count % events)
  return HEAD:format(prefix, count, #body, body)
end
