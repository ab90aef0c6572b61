-- Deposits money, each time with its own key, into one of the accounts at random. Arguments: a
-- unique prefix of the keys, and the number of accounts.
local HEAD = 'POST /transfers HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' ..
  'Idempotency-Key: %s-%d\r\nContent-Length: %d\r\n\r\n%s'
local BODY = '{"account_id":"bench-%d","kind":"deposit","amount":"10.00"}'

local prefix, accounts
local count = 0

function init(args)
  prefix, accounts = args[1], tonumber(args[2])
end

function request()
  count = count + 1
  local body = BODY:format(math.random(0, accounts - 1))
  return HEAD:format(prefix, count, #body, body)
end
