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
