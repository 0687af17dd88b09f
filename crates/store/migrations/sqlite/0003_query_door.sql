-- Rows of earlier versions stay as they are unless a comment says otherwise.

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
