-- Bookings at the province's page. A place in time without a name: its code alone gives the right to it.

-- What can be booked: each unit's box and service group that is open for it. A head writes it.
CREATE TABLE booking_plan (
    node            text NOT NULL REFERENCES node,
    service         text NOT NULL,
    name_vi         text NOT NULL,
    name_en         text NOT NULL,
    -- JSON: the sessions in which times lie, [{"from": "07:30:00", "to": "11:30:00"}]
    sessions        text NOT NULL,
    slot_min        integer NOT NULL,
    per_slot        integer NOT NULL,
    days_ahead      integer NOT NULL,
    also_days_off   boolean NOT NULL,
    changed_by      text NOT NULL,
    changed_us      bigint NOT NULL,
    PRIMARY KEY (node, service)
);

CREATE TABLE booking (
    id              text PRIMARY KEY,
    request_key     text NOT NULL UNIQUE,
    code            text NOT NULL UNIQUE,
    node            text NOT NULL REFERENCES node,
    service         text NOT NULL,
    kind            text NOT NULL,
    from_us         bigint NOT NULL,
    to_us           bigint NOT NULL,
    place           integer NOT NULL,
    made_us         bigint NOT NULL,
    cancelled_us    bigint
);
-- No place is given twice; one that was given back is free again.
CREATE UNIQUE INDEX booking_place ON booking (node, service, from_us, place)
    WHERE cancelled_us IS NULL;
