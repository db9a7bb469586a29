-- What people ask for: an override, pending until an operator decides.

CREATE TABLE override_requests (
    -- AUTOINCREMENT: an id is never given twice.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- SHA-256 of the token in the link to the requester's own page.
    token_hash BLOB NOT NULL UNIQUE,
    limit_name TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- What is asked for, a week.
    tier INTEGER NOT NULL,
    email TEXT NOT NULL,
    organisation TEXT NOT NULL,
    use_case TEXT NOT NULL,
    -- In which the requester is written to.
    language TEXT NOT NULL,
    requested_ms INTEGER NOT NULL,
    -- pending, approved or denied.
    state TEXT NOT NULL DEFAULT 'pending',
    -- NULL exactly while it is pending.
    decided_ms INTEGER,
    author TEXT,
    reason TEXT,
    -- Whether somebody has undertaken to tell the requester of the decision.
    told INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX override_requests_by_state ON override_requests (state, id);
CREATE INDEX override_requests_untold ON override_requests (id) WHERE state <> 'pending' AND told = 0;
