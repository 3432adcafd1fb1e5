-- What saves.lua, resumes.lua and mixed.lua share. bench/run starts wrk in this folder and sets
--   BENCH_PAYLOADS  a file with one 4 KB survey state (JSON) a line, each with the stamp 1111111111111 in it
--   BENCH_EMAILS    how many drafts there are
-- Requests are glued from pieces made once: wrk runs on the cores of the server it measures, so it must cost little.

local drafts = {}

local STAMP = "1111111111111"
local JSON_HEADERS = { ["Content-Type"] = "application/json" }

local emails = tonumber(os.getenv("BENCH_EMAILS"))
local random, format = math.random, string.format

local function read_payloads()
  local payloads = {}
  for line in io.lines(os.getenv("BENCH_PAYLOADS")) do
    payloads[#payloads + 1] = line
  end
  return payloads
end

local function split(text, mark)
  local first, last = text:find(mark, 1, true)
  return text:sub(1, first - 1), text:sub(last + 1)
end

-- Returns a function that makes the next save: of any draft, with another content than any before.
function drafts.saves()
  local before, between, after = {}, {}, {}
  for number, payload in ipairs(read_payloads()) do
    local body = format('{"email":"user#######@example.com","survey_id":1,"current_screen":%d,"data":%s}', number % 12, payload)
    local rest
    before[number], rest = split(wrk.format("POST", "/api/progress/", JSON_HEADERS, body), "#######")
    between[number], after[number] = split(rest, STAMP)
  end
  local count = #before
  -- Even stamps for one thread, odd ones for the other.
  local stamp = os.time() * 1000 + thread_number
  return function()
    stamp = stamp + 2
    local payload = random(count)
    return before[payload] .. format("%07d", random(emails)) .. between[payload] .. format("%d", stamp) .. after[payload]
  end
end

-- Returns a function that makes the next resume, of any draft.
function drafts.resumes()
  local before, after = split(wrk.format("GET", "/api/progress/?email=user#######%40example.com&survey_id=1"), "#######")
  return function()
    return before .. format("%07d", random(emails)) .. after
  end
end

local threads = 0

-- wrk's `setup`: numbers the threads.
function drafts.number_thread(thread)
  thread:set("thread_number", threads)
  threads = threads + 1
end

-- To be called in wrk's `init`, which runs in each thread.
function drafts.seed_random()
  math.randomseed(os.time() * 2 + thread_number)
end

-- wrk's `done`: one line of JSON that bench/run reads. Times in microseconds.
function drafts.report(summary, latency)
  local errors = summary.errors
  print(format(
    'BENCH {"requests":%d,"duration":%d,"p50":%d,"p90":%d,"p99":%d,"max":%d,'
      .. '"errors":{"connect":%d,"read":%d,"write":%d,"timeout":%d,"status":%d}}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max,
    errors.connect, errors.read, errors.write, errors.timeout, errors.status))
end

return drafts
