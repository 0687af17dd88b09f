-- Rows of earlier versions stay as they are unless a comment says otherwise.

-- ---- campaigns ----------------------------------------------------------------------------------

-- The query door's id of recipient 0; that of recipient idx is idx more. NULL: it came in by another door.
ALTER TABLE bulk_messages ADD COLUMN first_sms_id BIGINT;

CREATE UNIQUE INDEX bulk_messages_first_sms_id ON bulk_messages (first_sms_id)
    WHERE first_sms_id IS NOT NULL;

-- ---- collation ----------------------------------------------------------------------------------

ALTER TABLE order_keys ALTER COLUMN client TYPE TEXT COLLATE "C", ALTER COLUMN key TYPE TEXT COLLATE "C";
