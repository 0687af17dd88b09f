-- Rows of the second version stay as they are unless a comment says otherwise.

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

-- The carrier that the chunk's reason is about.
ALTER TABLE chunks ADD COLUMN carrier TEXT;
