ALTER TABLE surveys
    ADD COLUMN answer_schema     text,
    -- A list of {name, title, schema?} as JSON.
    ADD COLUMN screens           text,
    -- The shape of answer_schema, by each algorithm that ever made fingerprints: the newest first, spaces between.
    ADD COLUMN fingerprint       text,
    ADD COLUMN requires_if_match boolean NOT NULL DEFAULT FALSE;

ALTER TABLE form_progress
    -- What the survey's shape was at the last save; fingerprint is what the client says of its own.
    ADD COLUMN survey_fingerprint text,
    -- How many values data holds: says whether a save replaces it with less. Unknown for drafts saved before this step.
    ADD COLUMN value_count        integer;

-- The draft that it ended, or an id that nobody knew; none once that is forgotten, and before this step.
ALTER TABLE submissions
    ADD COLUMN draft_id        uuid,
    -- Whether the answers were that draft's own, so that the same wish sent again is recognised.
    ADD COLUMN has_own_answers boolean NOT NULL DEFAULT FALSE;
CREATE UNIQUE INDEX submissions_draft_id_key ON submissions (draft_id);

-- Drafts that are no more, so that whoever still holds an id learns the truth. Nothing of the participant is in here.
CREATE TABLE ended_drafts (
    draft_id uuid        NOT NULL PRIMARY KEY,
    ending   text        NOT NULL CHECK (ending IN ('submitted', 'expired', 'discarded')),
    ended_at timestamptz NOT NULL
);

CREATE INDEX ended_drafts_ended_at ON ended_drafts (ended_at);

-- Writes that carried an Idempotency-Key, and what they were answered with.
CREATE TABLE idempotency_keys (
    draft_id       uuid        NOT NULL,
    key_digest     bytea       NOT NULL,
    -- Tells a request sent again from another one with the same key.
    request_digest bytea       NOT NULL,
    created        boolean     NOT NULL,
    version        bigint      NOT NULL,
    current_screen integer     NOT NULL,
    answered_at    timestamptz NOT NULL,
    PRIMARY KEY (draft_id, key_digest)
);

-- What saves without If-Match replaced with less: the last three of a draft.
CREATE TABLE previous_states (
    draft_id       uuid        NOT NULL REFERENCES form_progress (draft_id) ON DELETE CASCADE,
    version        bigint      NOT NULL,
    current_screen integer     NOT NULL,
    value_count    integer     NOT NULL,
    saved_at       timestamptz NOT NULL,
    replaced_at    timestamptz NOT NULL,
    meta           text,
    data           text        NOT NULL,
    PRIMARY KEY (draft_id, version)
);
