-- Rows of the first version stay as they are unless a comment says otherwise.

-- Counts the checks whether the store is writable: each must change a row.
ALTER TABLE vault_check ADD COLUMN pings BIGINT NOT NULL DEFAULT 0;

-- ---- nodes --------------------------------------------------------------------------------------

-- What each node reported last of its links to a carrier, for the operator.
CREATE TABLE link_states (
    node TEXT COLLATE "C" NOT NULL,
    carrier TEXT COLLATE "C" NOT NULL,
    up BIGINT NOT NULL,
    detail TEXT COLLATE "C" NOT NULL,
    reported_at BIGINT NOT NULL,
    PRIMARY KEY (node, carrier)
);

-- How often the operator requested that a carrier's links be closed and opened again. Each node compares
-- it with the number that it knows.
CREATE TABLE link_requests (
    carrier TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    requests BIGINT NOT NULL
);

-- ---- orders -------------------------------------------------------------------------------------

-- Keys of requests for orders, so that a repeat makes no other order. A key is deleted when its order
-- ends without having been paid.
CREATE TABLE order_keys (
    client TEXT NOT NULL, -- an API key, or the network of a caller without one
    key TEXT NOT NULL,
    request BYTEA NOT NULL, -- SHA-256
    order_id BYTEA NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (client, key)
);

CREATE INDEX order_keys_order ON order_keys (order_id);
CREATE INDEX order_keys_age ON order_keys (at);

-- For the cap of unpaid orders of a client and day.
CREATE INDEX orders_unpaid_client ON orders (client, created_at) WHERE paid_at IS NULL;

-- A disabled account's keys are refused.
ALTER TABLE accounts ADD COLUMN disabled_at BIGINT;

-- For the history of an account.
CREATE INDEX transfers_grants ON transfers (credit, created_at) WHERE kind = 'grant';

-- ---- campaigns ----------------------------------------------------------------------------------

-- Of campaigns that are there, nothing is known of repetitions; quiet hours hold all of them from now on.
ALTER TABLE bulk_messages ADD COLUMN at_any_hour BIGINT NOT NULL DEFAULT 0; -- 1: quiet hours do not hold it
-- As the answer to its request had them.
ALTER TABLE bulk_messages ADD COLUMN first_invalid BIGINT NOT NULL DEFAULT 0;
ALTER TABLE bulk_messages ADD COLUMN first_blocked BIGINT NOT NULL DEFAULT 0;
ALTER TABLE bulk_messages ADD COLUMN duplicates BIGINT NOT NULL DEFAULT 0;
ALTER TABLE bulk_messages ADD COLUMN held_until BIGINT;
-- Its webhook, signed with the secret of its account. Events stored so far; the last of them is this row.
ALTER TABLE bulk_messages ADD COLUMN webhook_url TEXT COLLATE "C";
ALTER TABLE bulk_messages ADD COLUMN webhook_events TEXT COLLATE "C";
ALTER TABLE bulk_messages ADD COLUMN events BIGINT NOT NULL DEFAULT 0;
ALTER TABLE bulk_messages ADD COLUMN last_event BIGINT;
UPDATE bulk_messages SET first_invalid = invalid, first_blocked = blocked;

ALTER TABLE account_settings ADD COLUMN otp BIGINT NOT NULL DEFAULT 0; -- 1: it may send in quiet hours
ALTER TABLE account_settings ADD COLUMN webhook_url TEXT COLLATE "C";
ALTER TABLE account_settings ADD COLUMN webhook_events TEXT COLLATE "C";

-- ---- events -------------------------------------------------------------------------------------

-- A third subject: a campaign, whose row has the URL; the secret is its account's.
ALTER TABLE events DROP CONSTRAINT events_subject_check;
ALTER TABLE events ADD CONSTRAINT events_subject_check
    CHECK (subject = 'order' OR subject = 'inbound' OR subject = 'campaign');

-- ---- block list ---------------------------------------------------------------------------------

-- What the number's owner wrote, to which number, at which carrier.
ALTER TABLE blocks ADD COLUMN said TEXT COLLATE "C";
ALTER TABLE blocks ADD COLUMN said_to TEXT COLLATE "C";
ALTER TABLE blocks ADD COLUMN said_by TEXT COLLATE "C";

-- Words of the number's owner, which are no opt-out; one a line.
ALTER TABLE numbers ADD COLUMN keywords TEXT COLLATE "C";

-- ---- receipts -----------------------------------------------------------------------------------

-- What the carrier's receipts stand for. Of an unmarked receipt, number_ends is from now on the number at its
-- other end, or 1; those parked before match no submission and are deleted in time.
ALTER TABLE parked_receipts ADD COLUMN scope TEXT COLLATE "C" NOT NULL DEFAULT 'part';

-- Receipts that name no message in any alphabet; the newest of each carrier.
CREATE TABLE unread_receipts (
    id BYTEA PRIMARY KEY,
    carrier TEXT COLLATE "C" NOT NULL,
    sender TEXT COLLATE "C" NOT NULL,
    destination TEXT COLLATE "C" NOT NULL,
    esm_class BIGINT NOT NULL,
    data_coding BIGINT NOT NULL,
    octets BYTEA NOT NULL,
    parameters BYTEA NOT NULL,
    at BIGINT NOT NULL
);

CREATE INDEX unread_receipts_carrier ON unread_receipts (carrier, id);

-- ---- traffic ------------------------------------------------------------------------------------

-- Countries that the account may send to, NULL for all: "DK TH". Messages per hour by prefix: "=1000 66=100".
ALTER TABLE account_settings ADD COLUMN countries TEXT COLLATE "C";
ALTER TABLE account_settings ADD COLUMN hourly_caps TEXT COLLATE "C";

-- Messages by payer (0: all callers without an account), prefix of their numbers, and hour since 1970.
CREATE TABLE traffic (
    payer BIGINT NOT NULL,
    prefix TEXT COLLATE "C" NOT NULL,
    hour BIGINT NOT NULL,
    messages BIGINT NOT NULL,
    PRIMARY KEY (payer, prefix, hour)
);

-- ---- inbound ------------------------------------------------------------------------------------

-- Incomplete messages, which are counted by sender, and deleted by age.
CREATE INDEX inbound_messages_incomplete ON inbound_messages (sender) WHERE missing <> '';
CREATE INDEX inbound_messages_incomplete_age ON inbound_messages (joined_at) WHERE missing <> '';

-- ---- tries --------------------------------------------------------------------------------------

-- Tries of a recipient that a carrier did not take, for support: the first ones and the last. Rows of
-- the last release have none.
CREATE TABLE tries (
    message BYTEA NOT NULL,
    idx BIGINT NOT NULL,
    number BIGINT NOT NULL, -- from 1
    attempt BIGINT NOT NULL, -- the claim that handed it over
    carrier TEXT COLLATE "C" NOT NULL,
    link BIGINT, -- of the carrier, from 1
    reason TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C",
    at BIGINT NOT NULL,
    PRIMARY KEY (message, idx, number)
);
