-- What each node last told of its hall: how many wait for what, and as of when. Not of the journal, and
-- of no person; a row is replaced by the next message and means nothing after some minutes.
CREATE TABLE hall (
    node            text PRIMARY KEY REFERENCES node,
    figures         jsonb NOT NULL,
    heard_us        bigint NOT NULL
);

-- Reports read the tickets of a day, and of those that were carried into it.
CREATE INDEX subject_ticket_day ON subject (node, (public ->> 'business_day')) WHERE kind = 'ticket';
