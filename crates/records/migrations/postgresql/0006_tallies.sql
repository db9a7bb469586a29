-- What happened how often, for operators to look at; decisions never read it.

CREATE TABLE refusals_by_hour (
    -- Its first moment.
    hour_ms BIGINT NOT NULL,
    limit_name TEXT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (hour_ms, limit_name)
);

CREATE TABLE tallies (
    -- Its first moment (UTC).
    day_ms BIGINT NOT NULL,
    -- refused, early, registered, issued or failed.
    what TEXT NOT NULL,
    -- account, domain, address, set or pair.
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (day_ms, what, kind, subject)
);
CREATE INDEX tallies_by_subject ON tallies (kind, subject, day_ms);
