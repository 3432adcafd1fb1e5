DROP TABLE previous_states;
DROP TABLE idempotency_keys;
DROP TABLE ended_drafts;
DROP INDEX submissions_draft_id_key;
ALTER TABLE submissions DROP COLUMN has_own_answers;
ALTER TABLE submissions DROP COLUMN draft_id;
ALTER TABLE form_progress DROP COLUMN value_count, DROP COLUMN survey_fingerprint;
ALTER TABLE surveys
    DROP COLUMN requires_if_match, DROP COLUMN fingerprint, DROP COLUMN screens, DROP COLUMN answer_schema;
