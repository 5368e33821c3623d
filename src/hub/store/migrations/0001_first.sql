-- The hub's store. Instants are microseconds since 1970 (UTC), hashes and keys raw bytes.

-- A box, known from its first enrolment token on.
CREATE TABLE node (
    node            text PRIMARY KEY,
    unit_name       text NOT NULL,
    state           text NOT NULL CHECK (state IN ('invited', 'enrolled', 'frozen')),
    frozen_code     text,
    epoch           bigint NOT NULL DEFAULT 0,
    online          boolean NOT NULL DEFAULT false,
    session         text,
    last_seen_us    bigint,
    -- since when the hub does not see it; null while it does
    offline_us      bigint,
    reported_seq    bigint NOT NULL DEFAULT 0,
    version         text,
    enrolled_us     bigint
);

-- The key that hub and node share, sealed under the hub's master key, and the node's own master key,
-- sealed under its recovery sheet: the hub cannot open the latter.
CREATE TABLE wrapping_key (
    node            text PRIMARY KEY REFERENCES node,
    sealed          bytea NOT NULL,
    wrapped_master  bytea NOT NULL,
    granted_us      bigint NOT NULL
);

-- Wrapping keys of epochs that are over: what an old disk still brings is read with them.
CREATE TABLE old_wrapping_key (
    node            text NOT NULL REFERENCES node,
    epoch           bigint NOT NULL,
    sealed          bytea NOT NULL,
    PRIMARY KEY (node, epoch)
);

-- Journals under a node's name that have parted from the one here: a cloned disk, a restored copy.
-- `settled_us` is set when a person has said that the one here goes on.
CREATE TABLE fork (
    node            text NOT NULL REFERENCES node,
    epoch           bigint NOT NULL,
    first_seq       bigint NOT NULL,
    first_hash      bytea NOT NULL,
    max_seq         bigint NOT NULL,
    head_hash       bytea NOT NULL,
    seen_us         bigint NOT NULL,
    settled_us      bigint,
    PRIMARY KEY (node, epoch, first_seq, first_hash)
);

-- Entries of such a journal, and of a box whose place was taken: for reading, applied nowhere.
CREATE TABLE salvage (
    node            text NOT NULL REFERENCES node,
    epoch           bigint NOT NULL,
    seq             bigint NOT NULL,
    hash            bytea NOT NULL,
    at_us           bigint NOT NULL,
    actor           text NOT NULL,
    code            text,
    content         jsonb NOT NULL,
    raw             bytea NOT NULL,
    kept_us         bigint NOT NULL,
    PRIMARY KEY (node, epoch, seq, hash)
);

-- Where the hub stands in each node's journal. This row's lock is the guard of ingest.
CREATE TABLE stream (
    node            text PRIMARY KEY REFERENCES node,
    epoch           bigint NOT NULL,
    acked_seq       bigint NOT NULL DEFAULT 0,
    head_hash       bytea NOT NULL,
    entries         bigint NOT NULL DEFAULT 0,
    last_entry_us   bigint,
    committed_us    bigint
);

CREATE TABLE entry (
    node            text NOT NULL,
    epoch           bigint NOT NULL,
    seq             bigint NOT NULL,
    at_us           bigint NOT NULL,
    raw             bytea NOT NULL,
    hash            bytea NOT NULL,
    PRIMARY KEY (node, epoch, seq)
);

-- Entries that are in the chain but could not be applied. `replayed_us` is set when a later release could.
CREATE TABLE parked (
    node            text NOT NULL,
    epoch           bigint NOT NULL,
    seq             bigint NOT NULL,
    code            text NOT NULL,
    detail          text NOT NULL,
    raw             bytea NOT NULL,
    parked_us       bigint NOT NULL,
    replayed_us     bigint,
    PRIMARY KEY (node, epoch, seq)
);
CREATE INDEX parked_open ON parked (node) WHERE replayed_us IS NULL;

-- Frames that were refused as a whole: what came, from where, and why. The same bytes with the same
-- code stand once and are counted.
CREATE TABLE refused_frame (
    node            text NOT NULL,
    code            text NOT NULL,
    digest          bytea NOT NULL,
    detail          text NOT NULL,
    raw             bytea NOT NULL,
    times           bigint NOT NULL DEFAULT 1,
    first_us        bigint NOT NULL,
    last_us         bigint NOT NULL,
    PRIMARY KEY (node, code, digest)
);

-- What a person should look at, once per code and node. `about` says whose it is to withdraw: the link
-- shows one alarm about the node's journal ('up') and one about the hub's journal for it ('down');
-- 'node' stands until whoever raised it, or a person, has ended it.
CREATE TABLE alarm (
    node            text NOT NULL,
    code            text NOT NULL,
    about           text NOT NULL CHECK (about IN ('node', 'up', 'down')),
    detail          text NOT NULL,
    raised_us       bigint NOT NULL,
    cleared_us      bigint,
    PRIMARY KEY (node, code)
);

-- The latest state of every subject as each node wrote it.
CREATE TABLE subject (
    node            text NOT NULL,
    kind            text NOT NULL,
    subject         text NOT NULL,
    axis            text NOT NULL,
    epoch           bigint NOT NULL,
    rev             bigint NOT NULL,
    term            bigint NOT NULL,
    schema          integer NOT NULL,
    public          jsonb NOT NULL,
    private         jsonb NOT NULL,
    seq             bigint NOT NULL,
    PRIMARY KEY (node, kind, subject, axis)
);
CREATE INDEX subject_by_state ON subject (node, kind, (public ->> 'state'));
CREATE INDEX subject_by_name ON subject (kind, subject);

-- Data keys of sealed parts, sealed under the hub's master key: 'up' as the node made them, 'down' as
-- the hub made them for its own journal to that node. A key that is destroyed takes with it what it
-- sealed, at this holder. A box that is set up anew makes new keys under old ids, hence the epoch;
-- 'down' keys outlive it (epoch 0), because the new box reads the old journal.
CREATE TABLE data_key (
    node            text NOT NULL,
    stream          text NOT NULL CHECK (stream IN ('up', 'down')),
    key_id          text NOT NULL,
    epoch           bigint NOT NULL,
    sealed          bytea NOT NULL,
    PRIMARY KEY (node, stream, key_id, epoch)
);

-- Scans. The bitmap counts segments of 64 KiB, whatever chunks they came in.
CREATE TABLE blob (
    sha256          bytea PRIMARY KEY,
    size            bigint NOT NULL,
    segments        integer NOT NULL,
    bitmap          bytea NOT NULL,
    state           text NOT NULL CHECK (state IN ('receiving', 'complete')),
    completed_us    bigint
);

CREATE TABLE blob_ref (
    node            text NOT NULL,
    sha256          bytea NOT NULL,
    kind            text NOT NULL,
    subject         text NOT NULL,
    PRIMARY KEY (node, sha256, kind, subject)
);

-- Scans of erased dossiers whose files are still to be removed.
CREATE TABLE blob_to_remove (
    sha256          bytea PRIMARY KEY
);

-- Who holds a dossier, once a node has spoken of it. `offered`: on the way to `offered_to`.
CREATE TABLE custody (
    dossier         text PRIMARY KEY,
    holder          text NOT NULL,
    term            bigint NOT NULL,
    state           text NOT NULL CHECK (state IN ('held', 'offered')),
    offered_to      text,
    changed_us      bigint NOT NULL
);

-- What arrived with a stale term, or while nobody may edit: kept beside, for a person to decide.
CREATE TABLE conflict (
    node            text NOT NULL,
    epoch           bigint NOT NULL,
    seq             bigint NOT NULL,
    kind            text NOT NULL,
    subject         text NOT NULL,
    code            text NOT NULL,
    term            bigint NOT NULL,
    public          jsonb NOT NULL,
    private         jsonb NOT NULL,
    kept_us         bigint NOT NULL,
    settled_us      bigint,
    PRIMARY KEY (node, epoch, seq, kind, subject)
);
CREATE INDEX conflict_open ON conflict (node) WHERE settled_us IS NULL;

-- The journal from hub to node: the same entries, its own sequence and chain.
CREATE TABLE down_stream (
    node            text PRIMARY KEY REFERENCES node,
    epoch           bigint NOT NULL,
    last_seq        bigint NOT NULL DEFAULT 0,
    head_hash       bytea NOT NULL,
    acked_seq       bigint NOT NULL DEFAULT 0,
    acked_us        bigint
);

CREATE TABLE down_entry (
    node            text NOT NULL REFERENCES node,
    epoch           bigint NOT NULL,
    seq             bigint NOT NULL,
    kind            text NOT NULL,
    key_ids         text[] NOT NULL,
    at_us           bigint NOT NULL,
    raw             bytea NOT NULL,
    hash            bytea NOT NULL,
    PRIMARY KEY (node, epoch, seq)
);

-- Entries of a down journal that a node has kept but could not apply.
CREATE TABLE down_parked (
    node            text NOT NULL REFERENCES node,
    epoch           bigint NOT NULL,
    seq             bigint NOT NULL,
    code            text NOT NULL,
    heard_us        bigint NOT NULL,
    PRIMARY KEY (node, epoch, seq)
);

CREATE TABLE hub_order (
    id              text PRIMARY KEY,
    request_key     text UNIQUE,
    text            text NOT NULL,
    ordered_by      text NOT NULL,
    ordered_us      bigint NOT NULL,
    to_all          boolean NOT NULL
);

CREATE TABLE hub_order_node (
    id              text NOT NULL REFERENCES hub_order,
    node            text NOT NULL REFERENCES node,
    epoch           bigint NOT NULL,
    seq             bigint NOT NULL,
    PRIMARY KEY (id, node)
);

-- Tokens are kept as SHA-256 only.
CREATE TABLE enrol_token (
    token_hash      bytea PRIMARY KEY,
    node            text NOT NULL REFERENCES node,
    created_us      bigint NOT NULL,
    expires_us      bigint NOT NULL,
    used_us         bigint
);

CREATE TABLE certificate (
    serial          text PRIMARY KEY,
    node            text NOT NULL REFERENCES node,
    purpose         text NOT NULL CHECK (purpose IN ('device', 'lan')),
    pem             text NOT NULL,
    issued_us       bigint NOT NULL,
    not_after_us    bigint NOT NULL,
    revoked_us      bigint
);
CREATE INDEX certificate_node ON certificate (node, issued_us);

-- Technicians of the province.
CREATE TABLE officer (
    id              text PRIMARY KEY,
    login           text NOT NULL UNIQUE,
    name            text NOT NULL,
    role            text NOT NULL CHECK (role IN ('officer', 'head', 'admin')),
    password_hash   text NOT NULL,
    locked          boolean NOT NULL DEFAULT false,
    created_us      bigint NOT NULL
);

CREATE TABLE session (
    token_hash      bytea PRIMARY KEY,
    officer         text NOT NULL REFERENCES officer,
    created_us      bigint NOT NULL,
    seen_us         bigint NOT NULL
);
