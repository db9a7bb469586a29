-- Overrides that operators keep here instead of in the configuration, and who changed what.

CREATE TABLE overrides (
    limit_name TEXT COLLATE "C" NOT NULL,
    -- /acme/acct/1, example.com, 192.0.2.1, 2001:db8::, or 64 hexadecimal digits for a set.
    subject TEXT COLLATE "C" NOT NULL,
    count BIGINT NOT NULL,
    period_ns BIGINT NOT NULL,
    burst BIGINT NOT NULL,
    author TEXT NOT NULL,
    reason TEXT NOT NULL,
    expires_ms BIGINT,
    changed_ms BIGINT NOT NULL,
    PRIMARY KEY (limit_name, subject)
);

-- One row. Whoever has read the overrides sees by its number whether to read them again, whatever
-- they were changed by.
CREATE TABLE overrides_revision (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    revision BIGINT NOT NULL
);
INSERT INTO overrides_revision VALUES (1, 0);
CREATE FUNCTION raise_overrides_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE overrides_revision SET revision = revision + 1;
    RETURN NULL;
END
$$;
CREATE TRIGGER overrides_changed AFTER INSERT OR UPDATE OR DELETE ON overrides
    FOR EACH ROW EXECUTE FUNCTION raise_overrides_revision();
CREATE TRIGGER overrides_emptied AFTER TRUNCATE ON overrides
    FOR EACH STATEMENT EXECUTE FUNCTION raise_overrides_revision();

-- Written in the transaction of the change it tells of, and only ever added to. An identity: an id is
-- never given twice.
CREATE TABLE audit (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- JSON.
    before TEXT,
    after TEXT,
    why TEXT NOT NULL
);
CREATE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is only ever added to';
END
$$;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_audit();
CREATE TRIGGER audit_is_never_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit();
