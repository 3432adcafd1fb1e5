-- Resumes only: GET /api/progress/.
local drafts = require("drafts")

setup, done = drafts.number_thread, drafts.report

function init()
  drafts.seed_random()
  request = drafts.resumes()
end
