-- The tables of a node. Times are microseconds since 1970 UTC; ids are the 16 bytes of a UUID.
-- A journaled subject keeps its state in `public` and `private` (JSON, as in its last change);
-- the columns beside them are there to find and order rows, and are written from the same state.

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: where the journal ends and how many entries were ever written.
CREATE TABLE journal_head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    entries INTEGER NOT NULL
) STRICT;

-- What the books were when this journal began: nothing in a new box, the hub's snapshot in a restored
-- one. `here` is 0 where the hub keeps a subject that this box could not take in.
CREATE TABLE base (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    axis TEXT NOT NULL,
    part TEXT NOT NULL,
    rev INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    here INTEGER NOT NULL,
    PRIMARY KEY (kind, subject, axis)
) STRICT, WITHOUT ROWID;

-- What the node journals about itself, so that it comes back with a restore: `down_cursor` (how far the
-- hub's journal is taken in), `accounts` (officers and devices, sealed under the master key),
-- `number_gap` (numbers that are left out after a restore, and why).
CREATE TABLE own_subject (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    rev INTEGER NOT NULL,
    public TEXT NOT NULL,
    PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE entry (
    seq INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL,
    at_us INTEGER NOT NULL,
    hash BLOB NOT NULL,
    raw BLOB NOT NULL
) STRICT;

-- A run of older entries that lies in a sealed file and leaves `entry`: the chain's checkpoint at its
-- last place. Columns as in the file's head.
CREATE TABLE segment (
    first_seq INTEGER PRIMARY KEY,
    last_seq INTEGER NOT NULL,
    prev BLOB NOT NULL,
    hash BLOB NOT NULL,
    rev INTEGER NOT NULL,
    public TEXT NOT NULL,
    private TEXT
) STRICT;

-- Answers already given, so that a repeated request gets the first one; kept seven days.
CREATE TABLE request (
    key TEXT PRIMARY KEY,
    at_us INTEGER NOT NULL,
    outcome TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX request_at ON request (at_us);

CREATE TABLE data_key (
    key_id TEXT PRIMARY KEY,
    wrapped BLOB NOT NULL,
    created_at_us INTEGER NOT NULL,
    -- erased: the key itself is gone, and none is made under this name again
    destroyed_at_us INTEGER
) STRICT, WITHOUT ROWID;
-- days whose tickets still tell of grounds and reasons; the same conditions as in
-- erase::oldest_ticket_day
CREATE INDEX data_key_ticket_day ON data_key (key_id)
    WHERE destroyed_at_us IS NULL AND key_id >= 'ticket-day:';

-- What was erased, and by which rule.
CREATE TABLE erasure (
    key_id TEXT PRIMARY KEY,
    at_us INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    public TEXT NOT NULL,
    private TEXT
) STRICT;

-- Scans that were erased or dropped, whose files are still to be removed.
CREATE TABLE blob_to_remove (
    sha256 BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- The highest number given, by day and series: tickets, and the day's sequence of dossier codes.
CREATE TABLE number_counter (
    business_day TEXT NOT NULL,
    series TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (business_day, series)
) STRICT, WITHOUT ROWID;

CREATE TABLE ticket (
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
    private TEXT,
    UNIQUE (business_day, series, number)
) STRICT;
-- what an earlier day left open; the same states as in query::tickets::unfinished_before
CREATE INDEX ticket_unfinished ON ticket (business_day)
    WHERE state IN ('waiting', 'called', 'serving', 'on_hold');

CREATE TABLE call_log (
    ticket BLOB NOT NULL,
    at_us INTEGER NOT NULL,
    counter INTEGER NOT NULL,
    label TEXT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT,
    PRIMARY KEY (ticket, at_us)
) STRICT, WITHOUT ROWID;
CREATE INDEX call_log_at ON call_log (at_us);

CREATE TABLE counter (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    officer TEXT,
    current BLOB,
    rev INTEGER NOT NULL,
    public TEXT NOT NULL,
    private TEXT
) STRICT;

CREATE TABLE dossier (
    id BLOB PRIMARY KEY,
    code TEXT NOT NULL,
    procedure TEXT NOT NULL,
    service TEXT NOT NULL,
    state TEXT NOT NULL,
    custody TEXT NOT NULL,
    view TEXT NOT NULL,
    origin TEXT NOT NULL,
    holder TEXT NOT NULL,
    term INTEGER NOT NULL,
    counter INTEGER,
    ticket BLOB,
    received_at_us INTEGER NOT NULL,
    due_at_us INTEGER,
    applicant_name TEXT NOT NULL,
    applicant_number TEXT,
    search TEXT NOT NULL,
    rev INTEGER NOT NULL,
    public TEXT NOT NULL,
    private TEXT,
    UNIQUE (origin, code)
) STRICT;
-- The lists and the search read these alone, and only then the rows that they show.
CREATE INDEX dossier_list ON dossier (view, received_at_us, code, search);
CREATE INDEX dossier_all ON dossier (received_at_us, code, search);
CREATE INDEX dossier_day ON dossier (origin, received_at_us, code);
CREATE INDEX dossier_code ON dossier (code);
CREATE INDEX dossier_ticket ON dossier (ticket) WHERE ticket IS NOT NULL;

CREATE TABLE dossier_component (
    dossier BLOB NOT NULL,
    seq INTEGER NOT NULL,
    name TEXT NOT NULL,
    originals INTEGER NOT NULL,
    copies INTEGER NOT NULL,
    received INTEGER NOT NULL,
    PRIMARY KEY (dossier, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE scan (
    dossier BLOB NOT NULL,
    component INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    size INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    PRIMARY KEY (dossier, component, sha256)
) STRICT, WITHOUT ROWID;
CREATE INDEX scan_sha256 ON scan (sha256);

CREATE TABLE blob (
    sha256 BLOB PRIMARY KEY,
    size INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at_us INTEGER NOT NULL,
    -- the first entry that names it: the hub is sent the blob only after that entry
    named_seq INTEGER,
    -- since when the hub has all of it, by its signed word
    at_hub_us INTEGER,
    -- since when its file is not kept here any more: it is kept at the province
    dropped_at_us INTEGER
) STRICT;
CREATE INDEX blob_to_drop ON blob (at_hub_us) WHERE state = 'at_hub' AND dropped_at_us IS NULL;
CREATE INDEX blob_named ON blob (named_seq);
CREATE INDEX blob_waiting ON blob (created_at_us) WHERE state <> 'at_hub';

-- Ordered by their random ids, so that the order in which votes came is nowhere.
CREATE TABLE rating (
    id BLOB PRIMARY KEY,
    stage TEXT NOT NULL,
    level TEXT NOT NULL,
    respondent TEXT NOT NULL,
    -- '' where the vote does not say
    service TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    public TEXT NOT NULL,
    private TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX rating_at ON rating (at_us);

-- Votes that were answered and are not journalled yet. Ids are random here, too.
CREATE TABLE rating_held (
    id BLOB PRIMARY KEY,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How many were asked, by hour: among so many a vote hides.
CREATE TABLE rating_asked (
    hour_us INTEGER NOT NULL,
    stage TEXT NOT NULL,
    service TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (hour_us, stage, service)
) STRICT, WITHOUT ROWID;

-- Votes by officer, without the votes: nothing here leads to a vote or to a citizen. The marks of a
-- day go into the month when the day is over.
CREATE TABLE officer_tally (
    month TEXT NOT NULL,
    officer TEXT NOT NULL,
    stage TEXT NOT NULL,
    level TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (month, officer, stage, level)
) STRICT, WITHOUT ROWID;

CREATE TABLE officer_tally_day (
    day TEXT NOT NULL,
    officer TEXT NOT NULL,
    stage TEXT NOT NULL,
    level TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (day, officer, stage, level)
) STRICT, WITHOUT ROWID;

CREATE TABLE rating_token (
    token_hash TEXT PRIMARY KEY,
    -- of a used token the end of its business day
    expires_at_us INTEGER NOT NULL,
    -- NULL until it is used; then what a repeated vote is known by
    answered BLOB,
    -- the token; NULL once it is used, so that it leads neither to an officer nor to a minute
    body TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX rating_token_end ON rating_token (expires_at_us);

CREATE TABLE officer (
    id TEXT PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    disabled INTEGER NOT NULL,
    created_at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    token_hash BLOB PRIMARY KEY,
    officer TEXT NOT NULL,
    csrf TEXT NOT NULL,
    created_at_us INTEGER NOT NULL,
    seen_at_us INTEGER NOT NULL,
    expires_at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE device_token (
    token_hash BLOB PRIMARY KEY,
    role TEXT NOT NULL,
    counter INTEGER,
    title TEXT NOT NULL,
    created_at_us INTEGER NOT NULL,
    revoked_at_us INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE print_job (
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
) STRICT;
CREATE INDEX print_job_ticket ON print_job (ticket) WHERE ticket IS NOT NULL;
CREATE INDEX print_job_open ON print_job (created_at_us) WHERE state <> 'printed';

CREATE TABLE device (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    class TEXT NOT NULL,
    driver TEXT NOT NULL,
    transport TEXT NOT NULL,
    state TEXT NOT NULL,
    reason_code TEXT,
    since_us INTEGER NOT NULL,
    detail TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE message (
    id BLOB PRIMARY KEY,
    at_us INTEGER NOT NULL,
    read_at_us INTEGER,
    rev INTEGER NOT NULL,
    public TEXT NOT NULL,
    private TEXT
) STRICT;
CREATE INDEX message_at ON message (at_us);

-- Who read a message after the readers that its state may name: at most one row an account.
CREATE TABLE message_late_reader (
    message BLOB NOT NULL,
    officer TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    PRIMARY KEY (message, officer)
) STRICT, WITHOUT ROWID;

-- How far the hub's journal for this node is taken in.
CREATE TABLE down_cursor (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    at_us INTEGER NOT NULL
) STRICT;

-- How far the hub has this node's journal, by its own signed word.
CREATE TABLE uplink_cursor (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    at_us INTEGER NOT NULL,
    -- the acknowledgement as it came, signed, with the hub's own time: the evidence
    message BLOB NOT NULL
) STRICT;

-- Entries that the other end (up) or this one (down) kept but could not apply.
CREATE TABLE parked (
    stream TEXT NOT NULL,
    seq INTEGER NOT NULL,
    code TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    raw BLOB,
    PRIMARY KEY (stream, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE access_log (
    id INTEGER PRIMARY KEY,
    at_us INTEGER NOT NULL,
    officer TEXT NOT NULL,
    dossier BLOB NOT NULL,
    action TEXT NOT NULL,
    why TEXT NOT NULL
) STRICT;
CREATE INDEX access_log_dossier ON access_log (dossier, at_us);

-- What the last check of each kind found: 'journal', 'database', 'blobs'.
CREATE TABLE check_result (
    name TEXT PRIMARY KEY,
    at_us INTEGER NOT NULL,
    looked_at INTEGER NOT NULL,
    problems INTEGER NOT NULL,
    detail TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    at_us INTEGER NOT NULL,
    code TEXT NOT NULL,
    source TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX event_at ON event (at_us);
