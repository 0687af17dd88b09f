-- Rows of earlier versions stay as they are unless a comment says otherwise.

-- ---- campaigns ----------------------------------------------------------------------------------

-- The query door's id of recipient 0; that of recipient idx is idx more. NULL: it came in by another door.
ALTER TABLE bulk_messages ADD COLUMN first_sms_id INTEGER;

CREATE UNIQUE INDEX bulk_messages_first_sms_id ON bulk_messages (first_sms_id)
    WHERE first_sms_id IS NOT NULL;

-- ---- settings -----------------------------------------------------------------------------------

-- 1: it may use any sender; NULL: the carrier's sender takes the place of one that it may not use.
ALTER TABLE account_settings ADD COLUMN any_sender INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account_settings ADD COLUMN default_sender TEXT;
ALTER TABLE account_settings ADD COLUMN strict_senders INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account_settings ADD COLUMN query_latin1 INTEGER NOT NULL DEFAULT 0;

-- ---- sms ids ------------------------------------------------------------------------------------

-- The next id that no node has taken. One row.
CREATE TABLE sms_ids (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    next INTEGER NOT NULL
) STRICT;

INSERT INTO sms_ids (id, next) VALUES (1, 1);

-- ---- keywords -----------------------------------------------------------------------------------

-- 1: accounts may buy keywords on it.
ALTER TABLE numbers ADD COLUMN sells_keywords INTEGER NOT NULL DEFAULT 0;

-- Keywords that accounts have, or had, on numbers. The number of an ended one may be gone.
CREATE TABLE sold_keywords (
    id INTEGER PRIMARY KEY,
    number TEXT NOT NULL,
    word TEXT NOT NULL, -- as it is compared
    account INTEGER NOT NULL REFERENCES accounts (id),
    price INTEGER NOT NULL, -- of the last period
    bought_at INTEGER NOT NULL,
    paid_until INTEGER NOT NULL,
    periods INTEGER NOT NULL,
    renews INTEGER NOT NULL,
    reply TEXT,
    ended_at INTEGER, -- NULL: in use
    ended_by TEXT,
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
) STRICT;

CREATE UNIQUE INDEX sold_keywords_in_use ON sold_keywords (number, word) WHERE ended_at IS NULL;
CREATE INDEX sold_keywords_due ON sold_keywords (paid_until) WHERE ended_at IS NULL;
CREATE INDEX sold_keywords_account ON sold_keywords (account) WHERE ended_at IS NULL;

-- Paid periods of keywords. The transfer of one that costs something has its id.
CREATE TABLE keyword_periods (
    keyword INTEGER NOT NULL REFERENCES sold_keywords (id),
    number INTEGER NOT NULL, -- from 1
    begins_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    price INTEGER NOT NULL CHECK (price >= 0),
    transfer BLOB NOT NULL UNIQUE,
    PRIMARY KEY (keyword, number)
) STRICT, WITHOUT ROWID;

-- Replies to messages with a keyword, stored with the message.
CREATE TABLE keyword_replies (
    inbound BLOB PRIMARY KEY,
    keyword INTEGER NOT NULL REFERENCES sold_keywords (id),
    sender TEXT NOT NULL, -- who gets it
    at INTEGER NOT NULL,
    done_at INTEGER -- NULL: to be sent
) STRICT, WITHOUT ROWID;

CREATE INDEX keyword_replies_due ON keyword_replies (at) WHERE done_at IS NULL;
CREATE INDEX keyword_replies_sender ON keyword_replies (keyword, sender, at);
CREATE INDEX keyword_replies_age ON keyword_replies (done_at) WHERE done_at IS NOT NULL;

-- ---- inbox --------------------------------------------------------------------------------------

-- The keyword by which a message is its account's, as it is compared. Earlier messages have none.
ALTER TABLE inbound_messages ADD COLUMN keyword TEXT;
-- The query door's id; NULL: it is of no account.
ALTER TABLE inbound_messages ADD COLUMN sms_id INTEGER;

UPDATE inbound_messages SET sms_id = numbered.sms_id FROM (
    SELECT id, row_number() OVER (ORDER BY id) AS sms_id FROM inbound_messages WHERE account IS NOT NULL
) numbered WHERE numbered.id = inbound_messages.id;
UPDATE sms_ids SET next = next + (SELECT count(*) FROM inbound_messages WHERE account IS NOT NULL);

CREATE INDEX inbound_messages_account ON inbound_messages (account, id) WHERE account IS NOT NULL;

-- ---- lookups ------------------------------------------------------------------------------------

-- The last answer of the networks about a number.
CREATE TABLE lookups (
    number INTEGER NOT NULL,
    roaming INTEGER NOT NULL, -- 1: also whether the phone is abroad
    answer TEXT NOT NULL, -- JSON
    at INTEGER NOT NULL,
    PRIMARY KEY (number, roaming)
) STRICT, WITHOUT ROWID;

CREATE INDEX lookups_age ON lookups (at);

-- What answers cost. The transfer has the same id.
CREATE TABLE lookup_charges (
    id BLOB PRIMARY KEY NOT NULL,
    account INTEGER NOT NULL REFERENCES accounts (id),
    price INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
