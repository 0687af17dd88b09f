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
