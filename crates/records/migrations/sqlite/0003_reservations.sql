-- What orders have reserved under `accounting = "order"`.
CREATE TABLE reservations (
    -- Never given twice: whoever holds an id from before a sweep must not meet another's row.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- NULL until the CA has made the order.
    order_path TEXT,
    -- held, kept or returned.
    state TEXT NOT NULL DEFAULT 'held',
    -- 24 bytes for each bucket: its name, then the nanoseconds its tokens take to come back.
    units BLOB NOT NULL,
    -- Nanoseconds since 1970 (UTC): what has come back by itself since is counted exactly.
    reserved_ns INTEGER NOT NULL
) STRICT;
CREATE INDEX reservations_by_order ON reservations (order_path) WHERE order_path IS NOT NULL;
CREATE INDEX reservations_by_state ON reservations (state, reserved_ns);
