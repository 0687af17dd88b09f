-- Rows of the first version stay as they are.

-- ---- nodes --------------------------------------------------------------------------------------

-- What each node reported last of its links to a carrier, for the operator.
CREATE TABLE link_states (
    node TEXT NOT NULL,
    carrier TEXT NOT NULL,
    up INTEGER NOT NULL,
    detail TEXT NOT NULL,
    reported_at INTEGER NOT NULL,
    PRIMARY KEY (node, carrier)
) STRICT, WITHOUT ROWID;

-- How often the operator requested that a carrier's links be closed and opened again. Each node compares
-- it with the number that it knows.
CREATE TABLE link_requests (
    carrier TEXT NOT NULL PRIMARY KEY,
    requests INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
