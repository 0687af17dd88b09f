-- Rows of earlier versions stay as they are unless a comment says otherwise.

-- ---- campaigns ----------------------------------------------------------------------------------

-- The query door's id of recipient 0; that of recipient idx is idx more. NULL: it came in by another door.
ALTER TABLE bulk_messages ADD COLUMN first_sms_id BIGINT;

CREATE UNIQUE INDEX bulk_messages_first_sms_id ON bulk_messages (first_sms_id)
    WHERE first_sms_id IS NOT NULL;

-- ---- collation ----------------------------------------------------------------------------------

ALTER TABLE order_keys ALTER COLUMN client TYPE TEXT COLLATE "C", ALTER COLUMN key TYPE TEXT COLLATE "C";

-- ---- settings -----------------------------------------------------------------------------------

-- 1: it may use any sender; NULL: the carrier's sender takes the place of one that it may not use.
ALTER TABLE account_settings ADD COLUMN any_sender BIGINT NOT NULL DEFAULT 0;
ALTER TABLE account_settings ADD COLUMN default_sender TEXT;
ALTER TABLE account_settings ADD COLUMN strict_senders BIGINT NOT NULL DEFAULT 0;
ALTER TABLE account_settings ADD COLUMN query_latin1 BIGINT NOT NULL DEFAULT 0;

-- ---- sms ids ------------------------------------------------------------------------------------

-- The next id that no node has taken. One row.
CREATE TABLE sms_ids (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    next BIGINT NOT NULL
);

INSERT INTO sms_ids (id, next) VALUES (1, 1);
