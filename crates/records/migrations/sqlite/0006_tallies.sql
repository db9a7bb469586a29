-- What happened how often, for operators to look at; decisions never read it.

CREATE TABLE refusals_by_hour (
    -- Its first moment.
    hour_ms INTEGER NOT NULL,
    limit_name TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (hour_ms, limit_name)
) STRICT, WITHOUT ROWID;

CREATE TABLE tallies (
    -- Its first moment (UTC).
    day_ms INTEGER NOT NULL,
    -- refused, early, registered, issued or failed.
    what TEXT NOT NULL,
    -- account, domain, address, set or pair.
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (day_ms, what, kind, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX tallies_by_subject ON tallies (kind, subject, day_ms);
