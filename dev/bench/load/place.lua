-- Places bets, each with its own key and the coefficient that the bettor saw. Arguments: a unique
-- prefix of the keys, the number of events, and the number of accounts that pay, one of them at
-- random; 0 for none.
local HEAD = 'POST /bet HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' ..
  'Idempotency-Key: %s-%d\r\nContent-Length: %d\r\n\r\n%s'
local BODY = '{"event_id":"bench-%d","bet_sum":"10.00","coefficient":"1.50"%s}'
local ACCOUNT = ',"account_id":"bench-%d"'

local prefix, events, accounts
local count = 0

function init(args)
  prefix, events, accounts = args[1], tonumber(args[2]), tonumber(args[3])
end

function request()
  count = count + 1
  local account = accounts > 0 and ACCOUNT:format(math.random(0, accounts - 1)) or ''
  local body = BODY:format(count % events, account)
  return HEAD:format(prefix, count, #body, body)
end
