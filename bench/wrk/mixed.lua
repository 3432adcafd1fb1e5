-- The 80/20 mix: of five requests four are saves, one is a resume.
local drafts = require("drafts")

setup, done = drafts.number_thread, drafts.report

function init()
  drafts.seed_random()
  local save, resume = drafts.saves(), drafts.resumes()
  local turn = 0
  request = function()
    turn = turn % 5 + 1
    if turn == 5 then
      return resume()
    end
    return save()
  end
end
