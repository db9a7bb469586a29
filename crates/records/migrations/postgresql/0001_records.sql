-- What a gateway remembers of the CA behind it. Paths are URLs without their origin, identifiers are
-- canonical (`dns:example.com`, `ip:192.0.2.1`), moments are milliseconds since 1970 (UTC).
-- A released migration is never edited: sqlx compares its checksum. Add another file, here and beside.
--
-- Numbers are BIGINT and flags 0 or 1, as SQLite has them. What is sorted by text is sorted by its bytes.

CREATE TABLE accounts (
    path TEXT PRIMARY KEY,
    -- The JWK as JSON; NULL when it is not known or no longer certain.
    key TEXT,
    -- RFC 7638; NULL exactly when key is.
    thumbprint BYTEA UNIQUE,
    deactivated BIGINT NOT NULL DEFAULT 0,
    created_ms BIGINT NOT NULL
);

CREATE TABLE orders (
    path TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    -- One to a line, sorted.
    identifiers TEXT NOT NULL,
    set_id BYTEA NOT NULL,
    admitted TEXT NOT NULL,
    -- The ARI id of the certificate this order replaces.
    replaces TEXT,
    status TEXT NOT NULL,
    issuance TEXT NOT NULL,
    finalize TEXT,
    certificate TEXT,
    created_ms BIGINT NOT NULL,
    -- In which order they were saved; SQLite has it unasked.
    rowid BIGINT GENERATED ALWAYS AS IDENTITY
);
CREATE INDEX orders_by_replaces ON orders (replaces) WHERE replaces IS NOT NULL;
CREATE INDEX orders_by_finalize ON orders (finalize) WHERE finalize IS NOT NULL;
CREATE INDEX orders_by_certificate ON orders (certificate) WHERE certificate IS NOT NULL;
CREATE INDEX orders_by_created ON orders (created_ms);

-- The sets issued, kept longer than their orders: they tell a renewal.
CREATE TABLE issued_sets (
    order_path TEXT PRIMARY KEY,
    set_id BYTEA NOT NULL,
    issued_ms BIGINT NOT NULL
);
CREATE INDEX issued_sets_by_set ON issued_sets (set_id, issued_ms);
CREATE INDEX issued_sets_by_issued ON issued_sets (issued_ms);

CREATE TABLE authorizations (
    path TEXT COLLATE "C" PRIMARY KEY,
    account TEXT NOT NULL,
    identifier TEXT,
    status TEXT NOT NULL DEFAULT 'pending',
    attempted BIGINT NOT NULL DEFAULT 0,
    counted BIGINT NOT NULL DEFAULT 0,
    -- The youngest of its orders; NULL until it has one or a sweep has met it.
    seen_ms BIGINT
);
CREATE INDEX authorizations_by_seen ON authorizations (seen_ms);

CREATE TABLE order_authorizations (
    order_path TEXT NOT NULL REFERENCES orders (path) ON DELETE CASCADE,
    authorization_path TEXT COLLATE "C" NOT NULL REFERENCES authorizations (path) ON DELETE CASCADE,
    PRIMARY KEY (order_path, authorization_path)
);
CREATE INDEX order_authorizations_by_authorization ON order_authorizations (authorization_path);

CREATE TABLE challenges (
    path TEXT PRIMARY KEY,
    authorization_path TEXT COLLATE "C" NOT NULL REFERENCES authorizations (path) ON DELETE CASCADE
);
CREATE INDEX challenges_by_authorization ON challenges (authorization_path);

CREATE TABLE certificates (
    -- The ARI id (RFC 9773, 4.1).
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    order_path TEXT,
    identifiers TEXT NOT NULL,
    not_before_ms BIGINT NOT NULL,
    not_after_ms BIGINT NOT NULL,
    revoked BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX certificates_by_not_after ON certificates (not_after_ms);

CREATE TABLE pauses (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT NOT NULL,
    identifier TEXT NOT NULL,
    since_ms BIGINT NOT NULL,
    -- NULL while the pause is in force.
    unpaused_ms BIGINT,
    UNIQUE (account, identifier)
);
CREATE INDEX pauses_in_force ON pauses (account, since_ms) WHERE unpaused_ms IS NULL;
CREATE INDEX pauses_lifted ON pauses (unpaused_ms) WHERE unpaused_ms IS NOT NULL;
