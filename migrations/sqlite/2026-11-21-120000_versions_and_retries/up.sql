ALTER TABLE surveys ADD COLUMN answer_schema TEXT;
-- A list of {name, title, schema?} as JSON.
ALTER TABLE surveys ADD COLUMN screens TEXT;
-- The shape of answer_schema, by each algorithm that ever made fingerprints: the newest first, spaces between.
ALTER TABLE surveys ADD COLUMN fingerprint TEXT;
ALTER TABLE surveys ADD COLUMN requires_if_match BOOLEAN NOT NULL DEFAULT FALSE;

-- The table is built anew, since SQLite adds columns only at the end: behind data and its overflow pages, where reading
-- a row's head would touch them all.
CREATE TABLE form_progress_next (
    draft_id           TEXT    NOT NULL PRIMARY KEY,
    email              TEXT,
    survey_id          INTEGER NOT NULL REFERENCES surveys (id),
    company_id         INTEGER REFERENCES companies (id),
    -- The guest code that made the link to the company, as it is compared.
    guest_code_key     TEXT,
    current_screen     INTEGER NOT NULL CHECK (current_screen >= 0),
    furthest_screen    INTEGER NOT NULL CHECK (furthest_screen >= current_screen),
    -- What the client says of the shape of its form, and what the survey's was at the last save.
    fingerprint        TEXT,
    survey_fingerprint TEXT,
    version            INTEGER NOT NULL CHECK (version > 0),
    -- Says whether a save changes data or meta, without reading either.
    digest             BLOB    NOT NULL,
    -- How many values data holds: says whether a save replaces it with less. Unknown for drafts saved before this step.
    value_count        INTEGER,
    created_at         TEXT    NOT NULL,
    updated_at         TEXT    NOT NULL,
    expires_at         TEXT    NOT NULL,
    -- The hour (since 1970) from which the purge looks at the draft; never after that of expires_at. Saves move
    -- expires_at on and leave this alone, so that they touch no index; the purge catches up when the hour has come.
    purge_hour         INTEGER NOT NULL DEFAULT 0,
    meta               TEXT,
    data               TEXT    NOT NULL,
    CONSTRAINT form_progress_email_survey_id_key UNIQUE (email, survey_id)
);

INSERT INTO form_progress_next (draft_id, email, survey_id, company_id, guest_code_key, current_screen, furthest_screen,
    fingerprint, version, digest, created_at, updated_at, expires_at, purge_hour, meta, data)
SELECT draft_id, email, survey_id, company_id, guest_code_key, current_screen, furthest_screen,
    fingerprint, version, digest, created_at, updated_at, expires_at, purge_hour, meta, data
FROM form_progress;

DROP TABLE form_progress;
ALTER TABLE form_progress_next RENAME TO form_progress;

CREATE INDEX form_progress_purge_hour ON form_progress (purge_hour);

-- Whoever lets a draft expire sooner than it would have must not have to know of purge_hour.
CREATE TRIGGER form_progress_expires_sooner AFTER UPDATE OF expires_at ON form_progress
WHEN NEW.purge_hour > unixepoch(NEW.expires_at) / 3600
BEGIN
    UPDATE form_progress SET purge_hour = unixepoch(NEW.expires_at) / 3600 WHERE draft_id = NEW.draft_id;
END;

-- The draft that it ended, or an id that nobody knew; none once that is forgotten, and before this step.
ALTER TABLE submissions ADD COLUMN draft_id TEXT;
-- Whether the answers were that draft's own, so that the same wish sent again is recognised.
ALTER TABLE submissions ADD COLUMN has_own_answers BOOLEAN NOT NULL DEFAULT FALSE;
CREATE UNIQUE INDEX submissions_draft_id_key ON submissions (draft_id);

-- Drafts that are no more, so that whoever still holds an id learns the truth. Nothing of the participant is in here.
CREATE TABLE ended_drafts (
    draft_id TEXT NOT NULL PRIMARY KEY,
    ending   TEXT NOT NULL CHECK (ending IN ('submitted', 'expired', 'discarded')),
    ended_at TEXT NOT NULL
);

CREATE INDEX ended_drafts_ended_at ON ended_drafts (ended_at);

-- Writes that carried an Idempotency-Key, and what they were answered with.
CREATE TABLE idempotency_keys (
    draft_id       TEXT    NOT NULL,
    key_digest     BLOB    NOT NULL,
    -- Tells a request sent again from another one with the same key.
    request_digest BLOB    NOT NULL,
    created        BOOLEAN NOT NULL,
    version        INTEGER NOT NULL,
    current_screen INTEGER NOT NULL,
    answered_at    TEXT    NOT NULL,
    PRIMARY KEY (draft_id, key_digest)
) WITHOUT ROWID;

-- What saves without If-Match replaced with less: the last three of a draft.
CREATE TABLE previous_states (
    draft_id       TEXT    NOT NULL REFERENCES form_progress (draft_id) ON DELETE CASCADE,
    version        INTEGER NOT NULL,
    current_screen INTEGER NOT NULL,
    value_count    INTEGER NOT NULL,
    saved_at       TEXT    NOT NULL,
    replaced_at    TEXT    NOT NULL,
    meta           TEXT,
    data           TEXT    NOT NULL,
    PRIMARY KEY (draft_id, version)
);
