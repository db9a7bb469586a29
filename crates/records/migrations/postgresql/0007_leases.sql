-- Which gateway does what only one of them is to do at a time.
CREATE TABLE leases (
    -- What is done.
    name TEXT NOT NULL PRIMARY KEY,
    -- Who does it: drawn anew by each process.
    holder BYTEA NOT NULL,
    -- Until when it is theirs, unless they take it again.
    until_ms BIGINT NOT NULL
);
