-- Rows of the first version stay as they are unless a comment says otherwise.

-- Counts the checks whether the store is writable: each must change a row.
ALTER TABLE vault_check ADD COLUMN pings INTEGER NOT NULL DEFAULT 0;

-- ---- nodes --------------------------------------------------------------------------------------

-- What each node reported last of its links to a carrier, for the operator.
CREATE TABLE link_states (
    node TEXT NOT NULL,
    carrier TEXT NOT NULL,
    up INTEGER NOT NULL,
    detail TEXT NOT NULL,
    reported_at INTEGER NOT NULL,
    PRIMARY KEY (node, carrier)
) STRICT, WITHOUT ROWID;

-- How often the operator requested that a carrier's links be closed and opened again. Each node compares
-- it with the number that it knows.
CREATE TABLE link_requests (
    carrier TEXT NOT NULL PRIMARY KEY,
    requests INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- ---- orders -------------------------------------------------------------------------------------

-- Keys of requests for orders, so that a repeat makes no other order. A key is deleted when its order
-- ends without having been paid.
CREATE TABLE order_keys (
    client TEXT NOT NULL, -- an API key, or the network of a caller without one
    key TEXT NOT NULL,
    request BLOB NOT NULL, -- SHA-256
    order_id BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (client, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX order_keys_order ON order_keys (order_id);
CREATE INDEX order_keys_age ON order_keys (at);

-- For the cap of unpaid orders of a client and day.
CREATE INDEX orders_unpaid_client ON orders (client, created_at) WHERE paid_at IS NULL;

-- A disabled account's keys are refused.
ALTER TABLE accounts ADD COLUMN disabled_at INTEGER;

-- For the history of an account.
CREATE INDEX transfers_grants ON transfers (credit, created_at) WHERE kind = 'grant';

-- ---- campaigns ----------------------------------------------------------------------------------

-- Of campaigns that are there, nothing is known of repetitions; quiet hours hold all of them from now on.
ALTER TABLE bulk_messages ADD COLUMN at_any_hour INTEGER NOT NULL DEFAULT 0; -- 1: quiet hours do not hold it
-- As the answer to its request had them.
ALTER TABLE bulk_messages ADD COLUMN first_invalid INTEGER NOT NULL DEFAULT 0;
ALTER TABLE bulk_messages ADD COLUMN first_blocked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE bulk_messages ADD COLUMN duplicates INTEGER NOT NULL DEFAULT 0;
ALTER TABLE bulk_messages ADD COLUMN held_until INTEGER;
-- Its webhook, signed with the secret of its account. Events stored so far; the last of them is this row.
ALTER TABLE bulk_messages ADD COLUMN webhook_url TEXT;
ALTER TABLE bulk_messages ADD COLUMN webhook_events TEXT;
ALTER TABLE bulk_messages ADD COLUMN events INTEGER NOT NULL DEFAULT 0;
ALTER TABLE bulk_messages ADD COLUMN last_event INTEGER;
UPDATE bulk_messages SET first_invalid = invalid, first_blocked = blocked;

ALTER TABLE account_settings ADD COLUMN otp INTEGER NOT NULL DEFAULT 0; -- 1: it may send in quiet hours
ALTER TABLE account_settings ADD COLUMN webhook_url TEXT;
ALTER TABLE account_settings ADD COLUMN webhook_events TEXT;

-- ---- events -------------------------------------------------------------------------------------

-- A third subject: a campaign, whose row has the URL. SQLite changes no CHECK, so the rows are copied.
CREATE TABLE new_events (
    id INTEGER PRIMARY KEY,
    subject TEXT NOT NULL CHECK (subject = 'order' OR subject = 'inbound' OR subject = 'campaign'),
    subject_id BLOB NOT NULL,
    number INTEGER NOT NULL, -- among the subject's events, from 1
    snapshot TEXT NOT NULL, -- JSON; of changed recipients, 24 characters each
    at INTEGER NOT NULL,
    target TEXT NOT NULL CHECK (target IN ('webhook', 'callback')),
    url TEXT, -- NULL: URL and secret are the order's, or the URL the campaign's and the secret its account's
    secret BLOB, -- sealed; NULL where the target is not signed
    attempts INTEGER NOT NULL DEFAULT 0,
    -- When it is due. While it is leased, the end of the lease; while an earlier event of its subject
    -- has not ended, never; once it has ended, when the row is deleted.
    due_at INTEGER NOT NULL,
    -- Node that has the lease; NULL when there is none. Meaningless once the event has ended.
    lease_node TEXT,
    delivered INTEGER, -- 1 delivered, 0 failed, NULL not ended
    ended_at INTEGER,
    -- The attempt that delivered it; all others are rows of event_attempts.
    attempt_at INTEGER,
    attempt_ms INTEGER,
    attempt_status INTEGER,
    -- Its subject's event before it.
    previous INTEGER,
    -- The event that waits for the end of this one.
    next INTEGER
) STRICT;

INSERT INTO new_events (id, subject, subject_id, number, snapshot, at, target, url, secret, attempts,
        due_at, lease_node, delivered, ended_at, attempt_at, attempt_ms, attempt_status, previous, next)
    SELECT id, subject, subject_id, number, snapshot, at, target, url, secret, attempts,
        due_at, lease_node, delivered, ended_at, attempt_at, attempt_ms, attempt_status, previous, next
    FROM events;
DROP TABLE events;
ALTER TABLE new_events RENAME TO events;

CREATE INDEX events_due ON events (delivered, due_at);
CREATE INDEX events_inbound ON events (subject_id) WHERE subject = 'inbound';

-- ---- block list ---------------------------------------------------------------------------------

-- What the number's owner wrote, to which number, at which carrier.
ALTER TABLE blocks ADD COLUMN said TEXT;
ALTER TABLE blocks ADD COLUMN said_to TEXT;
ALTER TABLE blocks ADD COLUMN said_by TEXT;

-- Words of the number's owner, which are no opt-out; one a line.
ALTER TABLE numbers ADD COLUMN keywords TEXT;

-- ---- receipts -----------------------------------------------------------------------------------

-- What the carrier's receipts stand for. Of an unmarked receipt, number_ends is from now on the number at its
-- other end, or 1; those parked before match no submission and are deleted in time.
ALTER TABLE parked_receipts ADD COLUMN scope TEXT NOT NULL DEFAULT 'part';

-- Receipts that name no message in any alphabet; the newest of each carrier.
CREATE TABLE unread_receipts (
    id BLOB PRIMARY KEY,
    carrier TEXT NOT NULL,
    sender TEXT NOT NULL,
    destination TEXT NOT NULL,
    esm_class INTEGER NOT NULL,
    data_coding INTEGER NOT NULL,
    octets BLOB NOT NULL,
    parameters BLOB NOT NULL,
    at INTEGER NOT NULL
) STRICT;

CREATE INDEX unread_receipts_carrier ON unread_receipts (carrier, id);

-- ---- traffic ------------------------------------------------------------------------------------

-- Countries that the account may send to, NULL for all: "DK TH". Messages per hour by prefix: "=1000 66=100".
ALTER TABLE account_settings ADD COLUMN countries TEXT;
ALTER TABLE account_settings ADD COLUMN hourly_caps TEXT;

-- Messages by payer (0: all callers without an account), prefix of their numbers, and hour since 1970.
CREATE TABLE traffic (
    payer INTEGER NOT NULL,
    prefix TEXT NOT NULL,
    hour INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    PRIMARY KEY (payer, prefix, hour)
) STRICT, WITHOUT ROWID;

-- ---- inbound ------------------------------------------------------------------------------------

-- Incomplete messages, which are counted by sender, and deleted by age.
CREATE INDEX inbound_messages_incomplete ON inbound_messages (sender) WHERE missing <> '';
CREATE INDEX inbound_messages_incomplete_age ON inbound_messages (joined_at) WHERE missing <> '';

-- ---- tries --------------------------------------------------------------------------------------

-- Tries of a recipient that a carrier did not take, for support: the first ones and the last. Rows of
-- the last release have none.
CREATE TABLE tries (
    message BLOB NOT NULL,
    idx INTEGER NOT NULL,
    number INTEGER NOT NULL, -- from 1
    attempt INTEGER NOT NULL, -- the claim that handed it over
    carrier TEXT NOT NULL,
    link INTEGER, -- of the carrier, from 1
    reason TEXT NOT NULL,
    code TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (message, idx, number)
) STRICT, WITHOUT ROWID;
