-- Rows of earlier versions stay as they are unless a comment says otherwise.

-- ---- messages -----------------------------------------------------------------------------------

-- The carrier's link that took a part, from 1; NULL where links have no numbers.
ALTER TABLE submissions ADD COLUMN link INTEGER;
ALTER TABLE messages ADD COLUMN part_link INTEGER;

DROP VIEW all_submissions;
CREATE VIEW all_submissions AS
    SELECT message, idx, carrier, part, parts, carrier_id, number, attempt, link, state, code, at,
        decided_at, noted, noted_code, noted_at
    FROM submissions
    UNION ALL
    SELECT id, 0, part_carrier, 1, 1, part_id, part_number, part_attempt, part_link, part_state,
        part_code, part_at, part_decided_at, part_noted, part_noted_code, part_noted_at
    FROM messages WHERE part_carrier IS NOT NULL;

-- How the text appears on the phone: flash, silent, or push of this link; NULL: as a text.
ALTER TABLE messages ADD COLUMN form TEXT;
ALTER TABLE messages ADD COLUMN link TEXT;
-- What each recipient pays for it on the telephone bill, in hundredths.
ALTER TABLE messages ADD COLUMN charge INTEGER;

-- The carrier that the chunk's reason is about.
ALTER TABLE chunks ADD COLUMN carrier TEXT;

-- ---- campaigns ----------------------------------------------------------------------------------

-- The query door's id of recipient 0; that of recipient idx is idx more. NULL: it came in by another door.
ALTER TABLE bulk_messages ADD COLUMN first_sms_id INTEGER;

CREATE UNIQUE INDEX bulk_messages_first_sms_id ON bulk_messages (first_sms_id)
    WHERE first_sms_id IS NOT NULL;

-- URLs that get a callback for every recipient, one a line.
ALTER TABLE bulk_messages ADD COLUMN callbacks TEXT;

-- ---- callbacks ----------------------------------------------------------------------------------

ALTER TABLE account_settings ADD COLUMN callback_url TEXT;

-- Of callbacks: whose they are.
ALTER TABLE events ADD COLUMN account INTEGER;
CREATE INDEX events_account ON events (account, id) WHERE target = 'callback';

-- For the events of a campaign. Callbacks have no order, so that no event leads to them.
CREATE INDEX events_callbacks ON events (subject_id, id) WHERE target = 'callback';

-- ---- settings -----------------------------------------------------------------------------------

-- 1: it may use any sender; NULL: the carrier's sender takes the place of one that it may not use.
ALTER TABLE account_settings ADD COLUMN any_sender INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account_settings ADD COLUMN default_sender TEXT;
ALTER TABLE account_settings ADD COLUMN strict_senders INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account_settings ADD COLUMN query_latin1 INTEGER NOT NULL DEFAULT 0;
-- 1: it may send silent messages.
ALTER TABLE account_settings ADD COLUMN silent INTEGER NOT NULL DEFAULT 0;
-- 1: it may charge recipients.
ALTER TABLE account_settings ADD COLUMN premium INTEGER NOT NULL DEFAULT 0;

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
-- The query door's id; NULL: it is of no account, or came before there were ids.
ALTER TABLE inbound_messages ADD COLUMN sms_id INTEGER;

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

-- ---- logins -------------------------------------------------------------------------------------

-- What the owner of a key calls it; keys that are there have no description.
ALTER TABLE account_keys ADD COLUMN description TEXT;

-- Profile, password and texted code of an account; one without a row has none of them.
CREATE TABLE account_logins (
    account INTEGER NOT NULL PRIMARY KEY REFERENCES accounts (id),
    profile TEXT, -- JSON object
    password TEXT, -- Argon2id, as a PHC string
    code TEXT, -- likewise
    code_until INTEGER NOT NULL DEFAULT 0,
    code_tries INTEGER NOT NULL DEFAULT 0,
    -- Codes texted in the hour that began then.
    codes_from INTEGER NOT NULL DEFAULT 0,
    codes INTEGER NOT NULL DEFAULT 0,
    -- The last login by password.
    login_at INTEGER,
    login_from TEXT
) STRICT;

-- ---- people -------------------------------------------------------------------------------------

-- The last id that the account's address book gave; ids are not used twice.
ALTER TABLE accounts ADD COLUMN last_person INTEGER NOT NULL DEFAULT 0;
-- Rows in people.
ALTER TABLE accounts ADD COLUMN people INTEGER NOT NULL DEFAULT 0;

-- The address book of an account. A person with a number is in a group by a row of the group's list in
-- contacts, which has a copy of name and fields; contacts from a file are rows of lists alone.
CREATE TABLE people (
    account INTEGER NOT NULL REFERENCES accounts (id),
    id INTEGER NOT NULL, -- among the account's, from 1
    number INTEGER,
    name TEXT NOT NULL,
    fields TEXT, -- JSON object of texts; NULL when there are none
    PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX people_number ON people (account, number) WHERE number IS NOT NULL;

-- People without a number in groups.
CREATE TABLE group_people (
    group_id INTEGER NOT NULL,
    person INTEGER NOT NULL,
    account INTEGER NOT NULL,
    PRIMARY KEY (group_id, person)
) STRICT, WITHOUT ROWID;

CREATE INDEX group_people_person ON group_people (account, person);

-- ---- merged texts -------------------------------------------------------------------------------

-- Parts to all recipients together, where each has its own text in recipient_texts; NULL: all have the same.
ALTER TABLE bulk_messages ADD COLUMN own_parts INTEGER;

-- Texts of runs of recipients: of each its parts, its length and its text.
CREATE TABLE recipient_texts (
    message BLOB NOT NULL,
    first_idx INTEGER NOT NULL,
    packed BLOB NOT NULL,
    PRIMARY KEY (message, first_idx)
) STRICT;
