-- Saves of which many hold less than the draft did: the service keeps what they replace, for undo.
local drafts = require("drafts")

setup, done = drafts.number_thread, drafts.report

function init()
  drafts.seed_random()
  request = drafts.saves('"marks":%[[%d,]*%]')
end
