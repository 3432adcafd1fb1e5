CREATE TABLE companies (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    name           TEXT    NOT NULL,
    details        TEXT    NOT NULL DEFAULT '',
    guest_code     TEXT    NOT NULL,
    -- The code as it is compared: trimmed and case-folded.
    guest_code_key TEXT    NOT NULL CONSTRAINT companies_guest_code_key UNIQUE,
    is_active      BOOLEAN NOT NULL DEFAULT TRUE,
    created_at     TEXT    NOT NULL,
    updated_at     TEXT    NOT NULL
);

CREATE TABLE surveys (
    id            INTEGER PRIMARY KEY,
    name          TEXT    NOT NULL,
    instructions  TEXT    NOT NULL DEFAULT '',
    definition    TEXT    NOT NULL,
    status        TEXT    NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closing', 'closed')),
    progress_days INTEGER NOT NULL DEFAULT 30 CHECK (progress_days > 0),
    created_at    TEXT    NOT NULL,
    updated_at    TEXT    NOT NULL
);

-- The short columns stand before data and meta: a row's head is read without touching its overflow pages.
CREATE TABLE form_progress (
    draft_id        TEXT    NOT NULL PRIMARY KEY,
    email           TEXT,
    survey_id       INTEGER NOT NULL REFERENCES surveys (id),
    company_id      INTEGER REFERENCES companies (id),
    -- The guest code that made the link to the company, as it is compared.
    guest_code_key  TEXT,
    current_screen  INTEGER NOT NULL CHECK (current_screen >= 0),
    furthest_screen INTEGER NOT NULL CHECK (furthest_screen >= current_screen),
    fingerprint     TEXT,
    version         INTEGER NOT NULL CHECK (version > 0),
    -- Says whether a save changes data or meta, without reading either.
    digest          BLOB    NOT NULL,
    created_at      TEXT    NOT NULL,
    updated_at      TEXT    NOT NULL,
    expires_at      TEXT    NOT NULL,
    -- The hour (since 1970) from which the purge looks at the draft; never after that of expires_at. Saves move
    -- expires_at on and leave this alone, so that they touch no index; the purge catches up when the hour has come.
    purge_hour      INTEGER NOT NULL DEFAULT 0,
    meta            TEXT,
    data            TEXT    NOT NULL,
    CONSTRAINT form_progress_email_survey_id_key UNIQUE (email, survey_id)
);

CREATE INDEX form_progress_purge_hour ON form_progress (purge_hour);

-- Whoever lets a draft expire sooner than it would have must not have to know of purge_hour.
CREATE TRIGGER form_progress_expires_sooner AFTER UPDATE OF expires_at ON form_progress
WHEN NEW.purge_hour > unixepoch(NEW.expires_at) / 3600
BEGIN
    UPDATE form_progress SET purge_hour = unixepoch(NEW.expires_at) / 3600 WHERE draft_id = NEW.draft_id;
END;

CREATE TABLE submissions (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    email         TEXT    NOT NULL,
    survey_id     INTEGER NOT NULL REFERENCES surveys (id),
    company_id    INTEGER REFERENCES companies (id),
    participant   TEXT,
    answers_count INTEGER NOT NULL,
    -- Tells a repeated submission from one with other answers.
    digest        BLOB    NOT NULL,
    submitted_at  TEXT    NOT NULL,
    CONSTRAINT submissions_email_survey_id_key UNIQUE (email, survey_id)
);

CREATE TABLE answers (
    submission_id INTEGER NOT NULL REFERENCES submissions (id) ON DELETE CASCADE,
    position      INTEGER NOT NULL,
    question      TEXT    NOT NULL,
    value         TEXT    NOT NULL,
    PRIMARY KEY (submission_id, position)
) WITHOUT ROWID;

-- One row, rewritten by the readiness check: the proof that the database takes writes.
CREATE TABLE readiness (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    proved_at TEXT NOT NULL
);
