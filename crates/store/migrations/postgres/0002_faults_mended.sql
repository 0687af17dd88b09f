-- Rows of the first version stay as they are.

-- ---- nodes --------------------------------------------------------------------------------------

-- What each node reported last of its links to a carrier, for the operator.
CREATE TABLE link_states (
    node TEXT COLLATE "C" NOT NULL,
    carrier TEXT COLLATE "C" NOT NULL,
    up BIGINT NOT NULL,
    detail TEXT COLLATE "C" NOT NULL,
    reported_at BIGINT NOT NULL,
    PRIMARY KEY (node, carrier)
);

-- How often the operator requested that a carrier's links be closed and opened again. Each node compares
-- it with the number that it knows.
CREATE TABLE link_requests (
    carrier TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    requests BIGINT NOT NULL
);
