-- When the CA lets the order of a reservation expire, in nanoseconds since 1970 (UTC); NULL where it did not say.
ALTER TABLE reservations ADD COLUMN expires_ns INTEGER;
