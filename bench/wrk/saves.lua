-- Saves only: POST /api/progress/.
local drafts = require("drafts")

setup, done = drafts.number_thread, drafts.report

function init()
  drafts.seed_random()
  request = drafts.saves()
end
