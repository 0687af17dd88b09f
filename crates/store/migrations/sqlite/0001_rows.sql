-- All rows of the first version. Moments are Unix milliseconds, amounts are millisatoshi, states
-- are the domain's stored words; sealed columns are opened with the vault's key only.

-- One sealed value by which a wrong vault key is known at once.
CREATE TABLE vault_check (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    sealed BLOB NOT NULL
) STRICT;

-- ---- accounts -----------------------------------------------------------------------------------

CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    webhook_secret BLOB NOT NULL, -- sealed
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE account_keys (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts (id),
    hash BLOB NOT NULL UNIQUE,
    scopes TEXT NOT NULL, -- separated by spaces
    rate INTEGER,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;

CREATE INDEX account_keys_account ON account_keys (account);

CREATE TABLE senders (
    account INTEGER NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;

-- ---- orders -------------------------------------------------------------------------------------

CREATE TABLE orders (
    -- Those paid from credit begin with the time, so that their neighbours here are of their time.
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    account INTEGER, -- one that was there; accounts are never deleted
    price INTEGER NOT NULL CHECK (price >= 0),
    held INTEGER,
    deadline_height INTEGER,
    payment TEXT NOT NULL CHECK (payment IN ('lightning', 'credit')),
    preimage BLOB, -- sealed
    invoice TEXT,
    pay_by INTEGER,
    to_address TEXT,
    text TEXT,
    webhook_url TEXT,
    webhook_secret BLOB, -- sealed
    webhook_wants TEXT,
    referral TEXT,
    client TEXT NOT NULL, -- whose room it takes while it is open or held
    message BLOB,
    created_at INTEGER NOT NULL,
    paid_at INTEGER,
    -- Of the order itself; its recipient's row has a moment of its own.
    updated_at INTEGER NOT NULL,
    -- When to compare with the node; NULL when the order is final or paid from credit.
    check_at INTEGER,
    -- Events stored so far; numbers the next one. The last of them is this row of events.
    events INTEGER NOT NULL DEFAULT 0,
    last_event INTEGER
) STRICT;

-- Orders paid from credit enter none of these.
CREATE INDEX orders_check ON orders (check_at) WHERE check_at IS NOT NULL;
-- For the caps: what is open or held is counted from these alone.
CREATE INDEX orders_open ON orders (client, state) WHERE state = 'open';
CREATE INDEX orders_held ON orders (client, paid_at, check_at)
    WHERE paid_at IS NOT NULL AND check_at IS NOT NULL;
-- Cancelled without ever having been paid: forgotten in time.
CREATE INDEX orders_unpaid ON orders (updated_at) WHERE state = 'cancelled' AND paid_at IS NULL;
CREATE INDEX orders_funding ON orders (account, created_at) WHERE kind = 'fund' AND state = 'settled';

-- ---- ledger -------------------------------------------------------------------------------------

CREATE TABLE ledger_accounts (
    name TEXT PRIMARY KEY,
    may_be_negative INTEGER NOT NULL,
    -- Sum of posted transfers, in minus out.
    balance INTEGER NOT NULL DEFAULT 0,
    -- Sum of pending transfers out.
    reserved INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    CHECK (may_be_negative = 1 OR balance >= reserved)
) STRICT, WITHOUT ROWID;

INSERT INTO ledger_accounts (name, may_be_negative) VALUES ('lightning', 1), ('operator', 1), ('revenue', 1);

-- Money moves from debit to credit. An order is booked once for each kind: its transfer has its id,
-- which no other transfer has. That accounts and orders exist is seen to by the change, and by the
-- ledger check.
CREATE TABLE transfers (
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    debit TEXT NOT NULL,
    credit TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount >= 0),
    state TEXT NOT NULL CHECK (state IN ('pending', 'posted', 'voided')),
    created_at INTEGER NOT NULL,
    decided_at INTEGER,
    PRIMARY KEY (id, kind)
) STRICT, WITHOUT ROWID;

-- ---- messages -----------------------------------------------------------------------------------

CREATE TABLE messages (
    id BLOB PRIMARY KEY,
    account INTEGER REFERENCES accounts (id),
    -- Not a reference: no order that has a message is ever deleted, and nobody looks for messages by it.
    order_id BLOB,
    sender TEXT,
    text TEXT NOT NULL,
    parts INTEGER NOT NULL,
    lane INTEGER NOT NULL, -- lower is served first
    state TEXT NOT NULL,
    valid_until INTEGER NOT NULL,
    receipts_until INTEGER NOT NULL,
    -- Counters, so that finishing counts no rows. recipients - pending - finals are submitted.
    recipients INTEGER NOT NULL,
    pending INTEGER NOT NULL CHECK (pending >= 0),
    finals INTEGER NOT NULL DEFAULT 0 CHECK (pending + finals <= recipients),
    delivered INTEGER NOT NULL DEFAULT 0 CHECK (delivered <= finals),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX messages_receipts ON messages (receipts_until) WHERE pending + finals < recipients;

CREATE TABLE recipients (
    message BLOB NOT NULL REFERENCES messages (id),
    idx INTEGER NOT NULL,
    address TEXT NOT NULL,
    state TEXT NOT NULL,
    -- Parts that the text has at the carrier that took it.
    parts INTEGER,
    reason TEXT,
    code TEXT,
    -- The last claim that ended without handing it over, and how many of them had no answer.
    deferred_attempt INTEGER NOT NULL DEFAULT 0,
    unanswered INTEGER NOT NULL DEFAULT 0,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (message, idx)
) STRICT, WITHOUT ROWID;

-- Runs of recipients, as queued work. An ended one stays for a while, so that a late outcome still
-- finds its message.
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY,
    message BLOB NOT NULL REFERENCES messages (id),
    first_idx INTEGER NOT NULL,
    last_idx INTEGER NOT NULL,
    lane INTEGER NOT NULL,
    valid_until INTEGER NOT NULL,
    -- When it may be claimed; while it is leased, the end of the lease.
    due_at INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    lease_node TEXT,
    -- 1 from a claim on, until its end says that no carrier has what is pending. What was unsure
    -- before the claim stays so.
    unsure INTEGER NOT NULL DEFAULT 0,
    was_unsure INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    ended_at INTEGER
) STRICT;

CREATE INDEX chunks_due ON chunks (lane, due_at) WHERE ended_at IS NULL;
CREATE INDEX chunks_valid ON chunks (valid_until) WHERE ended_at IS NULL;
CREATE INDEX chunks_node ON chunks (lease_node) WHERE lease_node IS NOT NULL;
CREATE INDEX chunks_ended ON chunks (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX chunks_message ON chunks (message);

CREATE TABLE submissions (
    message BLOB NOT NULL,
    idx INTEGER NOT NULL,
    part INTEGER NOT NULL,
    carrier TEXT NOT NULL,
    carrier_id TEXT NOT NULL,
    attempt INTEGER NOT NULL, -- the claim that handed it over
    state TEXT NOT NULL,
    code TEXT,
    at INTEGER NOT NULL, -- when it was taken, by our clock: its carrier_id comes round again
    decided_at INTEGER,
    PRIMARY KEY (message, idx, part),
    FOREIGN KEY (message, idx) REFERENCES recipients (message, idx)
) STRICT, WITHOUT ROWID;

CREATE INDEX submissions_carrier ON submissions (carrier, carrier_id, at);

CREATE TABLE parked_receipts (
    id INTEGER PRIMARY KEY,
    carrier TEXT NOT NULL,
    carrier_id TEXT NOT NULL,
    state TEXT NOT NULL,
    code TEXT,
    at INTEGER NOT NULL,
    -- Numbers the parked receipts of a carrier, so that the oldest go when there are too many.
    number INTEGER NOT NULL,
    parked_at INTEGER NOT NULL,
    -- A repeat is kept once, so that a carrier with constant ids fills nothing.
    UNIQUE (carrier, carrier_id, state)
) STRICT;

CREATE INDEX parked_receipts_age ON parked_receipts (parked_at);
CREATE INDEX parked_receipts_number ON parked_receipts (carrier, number);

-- ---- events -------------------------------------------------------------------------------------

-- What customers are told, and how far that is. One of an order finds address and secret there.
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    subject TEXT NOT NULL CHECK (subject IN ('order', 'inbound')),
    subject_id BLOB NOT NULL,
    number INTEGER NOT NULL, -- among the subject's events, from 1
    snapshot TEXT NOT NULL, -- JSON
    at INTEGER NOT NULL,
    url TEXT,
    secret BLOB, -- sealed
    attempts INTEGER NOT NULL DEFAULT 0,
    -- When it may be told. While it is leased, the end of the lease; while an earlier event of its
    -- subject is not ended, never; once it has ended, when it is forgotten.
    due_at INTEGER NOT NULL,
    note TEXT,
    told INTEGER, -- 1 told, 0 given up, NULL not ended
    ended_at INTEGER,
    -- The event that waits for the end of this one.
    next INTEGER
) STRICT;

CREATE INDEX events_due ON events (told, due_at);
