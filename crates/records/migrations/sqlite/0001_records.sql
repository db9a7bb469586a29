-- What a gateway remembers of the CA behind it. Paths are URLs without their origin, identifiers are
-- canonical (`dns:example.com`, `ip:192.0.2.1`), moments are milliseconds since 1970 (UTC).
-- A released migration is never edited: sqlx compares its checksum. Add another file.

CREATE TABLE accounts (
    path TEXT PRIMARY KEY,
    -- The JWK as JSON; NULL when it is not known or no longer certain.
    key TEXT,
    -- RFC 7638; NULL exactly when key is.
    thumbprint BLOB UNIQUE,
    deactivated INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE orders (
    path TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    -- One to a line, sorted.
    identifiers TEXT NOT NULL,
    set_id BLOB NOT NULL,
    admitted TEXT NOT NULL,
    -- The ARI id of the certificate this order replaces.
    replaces TEXT,
    status TEXT NOT NULL,
    issuance TEXT NOT NULL,
    finalize TEXT,
    certificate TEXT,
    created_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX orders_by_replaces ON orders (replaces) WHERE replaces IS NOT NULL;
CREATE INDEX orders_by_finalize ON orders (finalize) WHERE finalize IS NOT NULL;
CREATE INDEX orders_by_certificate ON orders (certificate) WHERE certificate IS NOT NULL;
CREATE INDEX orders_by_created ON orders (created_ms);

-- The sets issued, kept longer than their orders: they tell a renewal.
CREATE TABLE issued_sets (
    order_path TEXT PRIMARY KEY,
    set_id BLOB NOT NULL,
    issued_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX issued_sets_by_set ON issued_sets (set_id, issued_ms);
CREATE INDEX issued_sets_by_issued ON issued_sets (issued_ms);

CREATE TABLE authorizations (
    path TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    identifier TEXT,
    status TEXT NOT NULL DEFAULT 'pending',
    attempted INTEGER NOT NULL DEFAULT 0,
    counted INTEGER NOT NULL DEFAULT 0,
    -- The youngest of its orders; NULL until it has one or a sweep has met it.
    seen_ms INTEGER
) STRICT;
CREATE INDEX authorizations_by_seen ON authorizations (seen_ms);

CREATE TABLE order_authorizations (
    order_path TEXT NOT NULL REFERENCES orders (path) ON DELETE CASCADE,
    authorization_path TEXT NOT NULL REFERENCES authorizations (path) ON DELETE CASCADE,
    PRIMARY KEY (order_path, authorization_path)
) STRICT, WITHOUT ROWID;
CREATE INDEX order_authorizations_by_authorization ON order_authorizations (authorization_path);

CREATE TABLE challenges (
    path TEXT PRIMARY KEY,
    authorization_path TEXT NOT NULL REFERENCES authorizations (path) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX challenges_by_authorization ON challenges (authorization_path);

CREATE TABLE certificates (
    -- The ARI id (RFC 9773, 4.1).
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    order_path TEXT,
    identifiers TEXT NOT NULL,
    not_before_ms INTEGER NOT NULL,
    not_after_ms INTEGER NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX certificates_by_not_after ON certificates (not_after_ms);

CREATE TABLE pauses (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    identifier TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    -- NULL while the pause is in force.
    unpaused_ms INTEGER,
    UNIQUE (account, identifier)
) STRICT;
CREATE INDEX pauses_in_force ON pauses (account, since_ms) WHERE unpaused_ms IS NULL;
CREATE INDEX pauses_lifted ON pauses (unpaused_ms) WHERE unpaused_ms IS NOT NULL;
