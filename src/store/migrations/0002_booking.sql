-- Bookings: places in time, each with a code that gives the right to it. `at_hub` is 1 for those of the
-- province's page: their places are counted at the hub, those of officers here.
CREATE TABLE booking (
    id BLOB PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    service TEXT NOT NULL,
    from_us INTEGER NOT NULL,
    to_us INTEGER NOT NULL,
    place INTEGER NOT NULL,
    at_hub INTEGER NOT NULL,
    state TEXT NOT NULL,
    rev INTEGER NOT NULL,
    public TEXT NOT NULL,
    private TEXT
) STRICT;
-- no place of an officer's time is given twice; one that was given back is free again
CREATE UNIQUE INDEX booking_place ON booking (service, from_us, place)
    WHERE at_hub = 0 AND state <> 'cancelled';
CREATE INDEX booking_from ON booking (from_us);
-- those that may still become missed; the same states as in query::bookings::open_before
CREATE INDEX booking_open ON booking (to_us) WHERE state IN ('booked', 'too_late');
