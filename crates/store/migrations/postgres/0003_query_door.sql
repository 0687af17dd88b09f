-- Rows of earlier versions stay as they are unless a comment says otherwise.

-- ---- messages -----------------------------------------------------------------------------------

-- The carrier's link that took a part, from 1; NULL where links have no numbers.
ALTER TABLE submissions ADD COLUMN link BIGINT;
ALTER TABLE messages ADD COLUMN part_link BIGINT;

DROP VIEW all_submissions;
CREATE VIEW all_submissions AS
    SELECT message, idx, carrier, part, parts, carrier_id, number, attempt, link, state, code, at,
        decided_at, noted, noted_code, noted_at
    FROM submissions
    UNION ALL
    SELECT id, CAST(0 AS BIGINT), part_carrier, CAST(1 AS BIGINT), CAST(1 AS BIGINT), part_id,
        part_number, part_attempt, part_link, part_state, part_code, part_at, part_decided_at,
        part_noted, part_noted_code, part_noted_at
    FROM messages WHERE part_carrier IS NOT NULL;

-- How the text appears on the phone: flash, silent, or push of this link; NULL: as a text.
ALTER TABLE messages ADD COLUMN form TEXT COLLATE "C";
ALTER TABLE messages ADD COLUMN link TEXT;
-- What each recipient pays for it on the telephone bill, in hundredths.
ALTER TABLE messages ADD COLUMN charge BIGINT;

-- The carrier that the chunk's reason is about.
ALTER TABLE chunks ADD COLUMN carrier TEXT COLLATE "C";

-- ---- campaigns ----------------------------------------------------------------------------------

-- The query door's id of recipient 0; that of recipient idx is idx more. NULL: it came in by another door.
ALTER TABLE bulk_messages ADD COLUMN first_sms_id BIGINT;

CREATE UNIQUE INDEX bulk_messages_first_sms_id ON bulk_messages (first_sms_id)
    WHERE first_sms_id IS NOT NULL;

-- URLs that get a callback for every recipient, one a line.
ALTER TABLE bulk_messages ADD COLUMN callbacks TEXT COLLATE "C";

-- ---- callbacks ----------------------------------------------------------------------------------

ALTER TABLE account_settings ADD COLUMN callback_url TEXT COLLATE "C";

-- For the events of a campaign. Callbacks have no order, so that no event leads to them.
CREATE INDEX events_callbacks ON events (subject_id, id) WHERE target = 'callback';

-- ---- collation ----------------------------------------------------------------------------------

ALTER TABLE order_keys ALTER COLUMN client TYPE TEXT COLLATE "C", ALTER COLUMN key TYPE TEXT COLLATE "C";

-- ---- settings -----------------------------------------------------------------------------------

-- 1: it may use any sender; NULL: the carrier's sender takes the place of one that it may not use.
ALTER TABLE account_settings ADD COLUMN any_sender BIGINT NOT NULL DEFAULT 0;
ALTER TABLE account_settings ADD COLUMN default_sender TEXT;
ALTER TABLE account_settings ADD COLUMN strict_senders BIGINT NOT NULL DEFAULT 0;
ALTER TABLE account_settings ADD COLUMN query_latin1 BIGINT NOT NULL DEFAULT 0;
-- 1: it may send silent messages.
ALTER TABLE account_settings ADD COLUMN silent BIGINT NOT NULL DEFAULT 0;
-- 1: it may charge recipients.
ALTER TABLE account_settings ADD COLUMN premium BIGINT NOT NULL DEFAULT 0;

-- ---- sms ids ------------------------------------------------------------------------------------

-- The next id that no node has taken. One row.
CREATE TABLE sms_ids (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    next BIGINT NOT NULL
);

INSERT INTO sms_ids (id, next) VALUES (1, 1);

-- ---- logins -------------------------------------------------------------------------------------

-- What the owner of a key calls it; keys that are there have no description.
ALTER TABLE account_keys ADD COLUMN description TEXT COLLATE "C";

-- Profile, password and texted code of an account; one without a row has none of them.
CREATE TABLE account_logins (
    account BIGINT NOT NULL PRIMARY KEY REFERENCES accounts (id),
    profile TEXT COLLATE "C", -- JSON object
    password TEXT COLLATE "C", -- Argon2id, as a PHC string
    code TEXT COLLATE "C", -- likewise
    code_until BIGINT NOT NULL DEFAULT 0,
    code_tries BIGINT NOT NULL DEFAULT 0,
    -- Codes texted in the hour that began then.
    codes_from BIGINT NOT NULL DEFAULT 0,
    codes BIGINT NOT NULL DEFAULT 0,
    -- The last login by password.
    login_at BIGINT,
    login_from TEXT COLLATE "C"
);

-- ---- people -------------------------------------------------------------------------------------

-- The last id that the account's address book gave; ids are not used twice.
ALTER TABLE accounts ADD COLUMN last_person BIGINT NOT NULL DEFAULT 0;
-- Rows in people.
ALTER TABLE accounts ADD COLUMN people BIGINT NOT NULL DEFAULT 0;

-- The address book of an account. A person with a number is in a group by a row of the group's list in
-- contacts, which has a copy of name and fields; contacts from a file are rows of lists alone.
CREATE TABLE people (
    account BIGINT NOT NULL REFERENCES accounts (id),
    id BIGINT NOT NULL, -- among the account's, from 1
    number BIGINT,
    name TEXT COLLATE "C" NOT NULL,
    fields TEXT COLLATE "C", -- JSON object of texts; NULL when there are none
    PRIMARY KEY (account, id)
);

CREATE UNIQUE INDEX people_number ON people (account, number) WHERE number IS NOT NULL;

-- People without a number in groups.
CREATE TABLE group_people (
    group_id BIGINT NOT NULL,
    person BIGINT NOT NULL,
    account BIGINT NOT NULL,
    PRIMARY KEY (group_id, person)
);

CREATE INDEX group_people_person ON group_people (account, person);

-- ---- merged texts -------------------------------------------------------------------------------

-- Parts to all recipients together, where each has its own text in recipient_texts; NULL: all have the same.
ALTER TABLE bulk_messages ADD COLUMN own_parts BIGINT;

-- Texts of runs of recipients: of each its parts, its length and its text.
CREATE TABLE recipient_texts (
    message BYTEA NOT NULL,
    first_idx BIGINT NOT NULL,
    packed BYTEA NOT NULL,
    PRIMARY KEY (message, first_idx)
);
