-- Fewer pages a ticket: what is written one after the other lies side by side, and an index that every
-- ticket changed makes room for one row a day. Why and how many: src/decisions/0030.

-- The answers lie in the order of time, and only their short keys in the order of keys. `id` is the
-- second of `at_us`, with room for 2^20 answers in each (query::requests has the same formula); so what
-- is older than a time, or of a day, is found without an index of times.
CREATE TABLE request_anew (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    outcome TEXT NOT NULL
) STRICT;
INSERT INTO request_anew (id, key, at_us, outcome)
    SELECT ((at_us / 1000000) << 20)
            + (row_number() OVER (PARTITION BY at_us / 1000000 ORDER BY at_us, key) - 1),
        key, at_us, outcome
    FROM request;
DROP TABLE request;
ALTER TABLE request_anew RENAME TO request;
CREATE UNIQUE INDEX request_key ON request (key);

-- The business days that may have tickets which are not over: written with the first of them, taken out
-- when the day is over and none is left.
CREATE TABLE open_day (
    business_day TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
INSERT INTO open_day (business_day)
    SELECT DISTINCT business_day FROM ticket INDEXED BY ticket_unfinished
    WHERE state IN ('waiting', 'called', 'serving', 'on_hold');

-- The numbers of a day's series grow side by side, so number goes before series. The rows keep their
-- places.
CREATE TABLE ticket_anew (
    id BLOB PRIMARY KEY,
    business_day TEXT NOT NULL,
    series TEXT NOT NULL,
    number INTEGER NOT NULL,
    label TEXT NOT NULL,
    service TEXT NOT NULL,
    class TEXT NOT NULL,
    state TEXT NOT NULL,
    counter INTEGER,
    issued_at_us INTEGER NOT NULL,
    queued_at_us INTEGER NOT NULL,
    called_at_us INTEGER,
    begun_at_us INTEGER,
    finished_at_us INTEGER,
    rev INTEGER NOT NULL,
    public TEXT NOT NULL,
    private TEXT
) STRICT;
INSERT INTO ticket_anew (rowid, id, business_day, series, number, label, service, class, state, counter,
        issued_at_us, queued_at_us, called_at_us, begun_at_us, finished_at_us, rev, public, private)
    SELECT rowid, id, business_day, series, number, label, service, class, state, counter,
        issued_at_us, queued_at_us, called_at_us, begun_at_us, finished_at_us, rev, public, private
    FROM ticket ORDER BY rowid;
DROP TABLE ticket;
ALTER TABLE ticket_anew RENAME TO ticket;
CREATE UNIQUE INDEX ticket_number ON ticket (business_day, number, series);

-- A ticket's number stands in the ticket; the counter is for series without rows of their own.
DELETE FROM number_counter WHERE number <= (SELECT max(ticket.number) FROM ticket
    WHERE ticket.business_day = number_counter.business_day AND ticket.series = number_counter.series);

-- A row and its place by id are one: ids are in the order of time already.
CREATE TABLE print_job_anew (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    ticket BLOB,
    dossier BLOB,
    printer TEXT,
    state TEXT NOT NULL,
    problem TEXT,
    attempts INTEGER NOT NULL,
    created_at_us INTEGER NOT NULL,
    updated_at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO print_job_anew (id, kind, ticket, dossier, printer, state, problem, attempts, created_at_us,
        updated_at_us)
    SELECT id, kind, ticket, dossier, printer, state, problem, attempts, created_at_us, updated_at_us
    FROM print_job ORDER BY id;
DROP TABLE print_job;
ALTER TABLE print_job_anew RENAME TO print_job;
CREATE INDEX print_job_ticket ON print_job (ticket) WHERE ticket IS NOT NULL;
CREATE INDEX print_job_open ON print_job (created_at_us) WHERE state <> 'printed';
