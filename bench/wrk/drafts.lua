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

-- Returns a function that makes the next save: of any draft, with another content than any before. Every other content
-- lacks what `cut` (a pattern) finds, if it is given.
function drafts.saves(cut)
  local before, between, after = {}, {}, {}
  for number, payload in ipairs(read_payloads()) do
    if cut and number % 2 == 0 then
      payload = payload:gsub(cut, '"marks":[]')
    end
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

-- Returns a function that makes the next change: of one draft after the other, each on the version that the change before
-- it made. No draft has its turn again while a change of it is under way.
function drafts.patches()
  local headers = { ["Content-Type"] = "application/merge-patch+json", ["If-Match"] = "#######", ["Idempotency-Key"] = "#######" }
  local body = format('{"current_screen":3,"data":{"saved_at":%s,"answers":{"q103":{"value":7,"seconds":%s}}}}', STAMP, STAMP)
  local text = wrk.format("PATCH", "/api/drafts/#######", headers, body)
  local start, rest = split(text, "#######")
  -- wrk puts headers in any order: both are filled in by their names.
  local function request(id, tags, key, stamp)
    local filled = rest:gsub("If%-Match: #######", function() return "If-Match: " .. tags end)
    filled = filled:gsub("Idempotency%-Key: #######", function() return "Idempotency-Key: " .. key end)
    return start .. id .. filled:gsub(STAMP, stamp)
  end
  local run = os.time()
  local turn, number = 0, thread_number - 1
  return function()
    number = number + 2
    if number >= emails then
      number, turn = thread_number + 1, turn + 1
    end
    -- The first change of a run does not know what the draft was at.
    local tags = turn == 0 and "*" or format('"1", "op:%d-%d-%d"', run, number, turn - 1)
    local key = format("%d-%d-%d", run, number, turn)
    return request(format("00000000-0000-7000-8000-%012d", number + 1), tags, key, format("%d", run * 1000 + turn))
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
