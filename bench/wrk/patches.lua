-- Changes of drafts by id: PATCH with If-Match and Idempotency-Key.
local drafts = require("drafts")

setup, done = drafts.number_thread, drafts.report

function init()
  drafts.seed_random()
  request = drafts.patches()
end
