-- Overrides that operators keep here instead of in the configuration, and who changed what.

CREATE TABLE overrides (
    limit_name TEXT NOT NULL,
    -- /acme/acct/1, example.com, 192.0.2.1, 2001:db8::, or 64 hexadecimal digits for a set.
    subject TEXT NOT NULL,
    count INTEGER NOT NULL,
    period_ns INTEGER NOT NULL,
    burst INTEGER NOT NULL,
    author TEXT NOT NULL,
    reason TEXT NOT NULL,
    expires_ms INTEGER,
    changed_ms INTEGER NOT NULL,
    PRIMARY KEY (limit_name, subject)
) STRICT, WITHOUT ROWID;

-- One row. Whoever has read the overrides sees by its number whether to read them again, whatever
-- they were changed by.
CREATE TABLE overrides_revision (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL
) STRICT;
INSERT INTO overrides_revision VALUES (1, 0);
CREATE TRIGGER overrides_added AFTER INSERT ON overrides BEGIN
    UPDATE overrides_revision SET revision = revision + 1;
END;
CREATE TRIGGER overrides_changed AFTER UPDATE ON overrides BEGIN
    UPDATE overrides_revision SET revision = revision + 1;
END;
CREATE TRIGGER overrides_removed AFTER DELETE ON overrides BEGIN
    UPDATE overrides_revision SET revision = revision + 1;
END;

-- Written in the transaction of the change it tells of, and only ever added to. AUTOINCREMENT: an id
-- is never given twice.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- JSON.
    before TEXT,
    after TEXT,
    why TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit is only ever added to');
END;
CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit is only ever added to');
END;
