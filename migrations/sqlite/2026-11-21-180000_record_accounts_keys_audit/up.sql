-- The record: what became of drafts. Rows are added with the change that they tell of, and never changed. Nothing of the
-- participant is in here.
CREATE TABLE progress_events (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    at              TEXT    NOT NULL,
    kind            TEXT    NOT NULL CHECK (kind IN ('started', 'company_linked', 'screen_entered', 'resumed', 'submitted', 'expired', 'discarded', 'erased')),
    survey_id       INTEGER NOT NULL,
    -- The company that the draft was linked with from then on, or to its end.
    company_id      INTEGER,
    draft_id        TEXT    NOT NULL,
    -- When the draft began; none for a submission that ended none.
    started_at      TEXT,
    -- The furthest screen of the draft, this one included; none where there was no draft.
    screen          INTEGER,
    -- With screen_entered: the furthest one before.
    from_screen     INTEGER,
    -- With company_linked: the company before.
    from_company_id INTEGER
);

CREATE INDEX progress_events_draft_id ON progress_events (draft_id, id);
-- For lists and exports of a survey, and for what is not in the sums yet. It grows at its end, as the table does.
CREATE INDEX progress_events_survey_id ON progress_events (survey_id, id);

-- What the events add up to: drafts by survey, company (0 for none), the day on which they began (since 1970) and screen.
-- A draft is at the furthest screen that it has reached, and counts there until it ends.
CREATE TABLE funnel_screens (
    survey_id    INTEGER NOT NULL,
    started_on   INTEGER NOT NULL,
    company_id   INTEGER NOT NULL,
    screen       INTEGER NOT NULL,
    arrived      INTEGER NOT NULL,
    departed     INTEGER NOT NULL,
    submitted    INTEGER NOT NULL,
    expired      INTEGER NOT NULL,
    discarded    INTEGER NOT NULL,
    erased       INTEGER NOT NULL,
    -- How long the drafts that went on had been there; how long those that were submitted took in all. Histograms: see
    -- src/record/times.rs.
    screen_times BLOB    NOT NULL,
    total_times  BLOB    NOT NULL,
    PRIMARY KEY (survey_id, started_on, company_id, screen)
);

-- The same by the day on which it happened.
CREATE TABLE funnel_days (
    survey_id          INTEGER NOT NULL,
    day                INTEGER NOT NULL,
    company_id         INTEGER NOT NULL,
    started            INTEGER NOT NULL,
    resumed            INTEGER NOT NULL,
    submitted          INTEGER NOT NULL,
    -- Those of them that ended no draft.
    submitted_directly INTEGER NOT NULL,
    expired            INTEGER NOT NULL,
    discarded          INTEGER NOT NULL,
    erased             INTEGER NOT NULL,
    PRIMARY KEY (survey_id, day, company_id)
);

-- One row: the last event that is in the sums.
CREATE TABLE rollup_state (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    folded_to INTEGER NOT NULL,
    folded_at TEXT    NOT NULL
);
INSERT INTO rollup_state (id, folded_to, folded_at) VALUES (1, 0, strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'));

-- What there was before the record began: where each draft is, and each submission.
INSERT INTO progress_events (at, kind, survey_id, company_id, draft_id, started_at, screen)
SELECT created_at, 'started', survey_id, company_id, draft_id, created_at, furthest_screen FROM form_progress ORDER BY created_at;
INSERT INTO progress_events (at, kind, survey_id, company_id, draft_id)
SELECT submitted_at, 'submitted', survey_id, company_id, coalesce(draft_id, lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' ||
    substr(hex(randomblob(2)), 2) || '-8' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))) FROM submissions ORDER BY submitted_at;

-- People who run surveys.
CREATE TABLE accounts (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    email         TEXT    NOT NULL,
    role          TEXT    NOT NULL CHECK (role IN ('viewer', 'editor', 'owner')),
    -- The ids of the companies to which it is limited, with spaces between; none for no limit.
    companies     TEXT,
    -- argon2id, in PHC form; none until the first password is set.
    password_hash TEXT,
    is_active     BOOLEAN NOT NULL DEFAULT TRUE,
    created_at    TEXT    NOT NULL,
    updated_at    TEXT    NOT NULL,
    signed_in_at  TEXT,
    CONSTRAINT accounts_email_key UNIQUE (email)
);

-- One-time links to set a password: the digest of what is in the link.
CREATE TABLE password_links (
    token_digest BLOB    NOT NULL PRIMARY KEY,
    account_id   INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    expires_at   TEXT    NOT NULL
);

-- Who is signed in: the digest of what is in the cookie.
CREATE TABLE sessions (
    token_digest BLOB    NOT NULL PRIMARY KEY,
    account_id   INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at   TEXT    NOT NULL,
    seen_at      TEXT    NOT NULL
);

CREATE INDEX sessions_account_id ON sessions (account_id);

-- Keys of programs.
CREATE TABLE api_keys (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       TEXT    NOT NULL CHECK (kind IN ('site', 'server')),
    name       TEXT    NOT NULL,
    -- SHA-256 of the key, which has 256 random bits.
    digest     BLOB    NOT NULL,
    -- Its first characters, to tell keys apart by.
    hint       TEXT    NOT NULL,
    -- Site keys: the origins whose pages may use it, with spaces between; none for any.
    origins    TEXT,
    -- Server keys: what they may do, with spaces between.
    powers     TEXT    NOT NULL DEFAULT '',
    -- Server keys: the surveys and companies to which they are limited, ids with spaces between; none for no limit.
    surveys    TEXT,
    companies  TEXT,
    created_at TEXT    NOT NULL,
    used_at    TEXT,
    revoked_at TEXT,
    CONSTRAINT api_keys_digest_key UNIQUE (digest)
);

-- Who did what. Rows are added and, when they are old enough, deleted; never changed. Nothing of participants is in here.
CREATE TABLE audit_log (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    at         TEXT    NOT NULL,
    actor      TEXT    NOT NULL CHECK (actor IN ('account', 'key', 'command_line', 'nobody')),
    actor_id   INTEGER,
    action     TEXT    NOT NULL,
    -- What it was done to, such as `draft 019aa5d2-…`; a person stands as a keyed digest of their email.
    subject    TEXT    NOT NULL,
    survey_id  INTEGER,
    company_id INTEGER,
    outcome    TEXT    NOT NULL CHECK (outcome IN ('done', 'refused')),
    -- What else is worth knowing, without anything of a participant.
    detail     TEXT    NOT NULL,
    address    TEXT    NOT NULL,
    request_id TEXT    NOT NULL
);

CREATE INDEX audit_log_subject ON audit_log (subject, id);

-- One row: a random secret of this installation, by which people are named in the audit log.
CREATE TABLE installation (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    secret     BLOB    NOT NULL,
    created_at TEXT    NOT NULL
);

-- For lists in the order of time. None of these columns is changed by a save, but company_id when a guest code first
-- links the draft.
CREATE INDEX form_progress_created_at ON form_progress (created_at, draft_id);
CREATE INDEX form_progress_survey_created_at ON form_progress (survey_id, created_at, draft_id);
CREATE INDEX form_progress_company_created_at ON form_progress (company_id, created_at, draft_id) WHERE company_id IS NOT NULL;
CREATE INDEX submissions_submitted_at ON submissions (submitted_at, id);
CREATE INDEX submissions_survey_submitted_at ON submissions (survey_id, submitted_at, id);
CREATE INDEX submissions_company_submitted_at ON submissions (company_id, submitted_at, id) WHERE company_id IS NOT NULL;
