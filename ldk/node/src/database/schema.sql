-- what LDK keeps: channels, their monitors, payments, the wallet
CREATE TABLE ldk (
    primary_namespace TEXT NOT NULL,
    secondary_namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    value BLOB NOT NULL,
    UNIQUE (primary_namespace, secondary_namespace, name)
);

CREATE TABLE holds (
    add_index INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL UNIQUE,
    -- 0 open, 1 settled, 2 cancelled, 3 accepted, 4 settling
    state INTEGER NOT NULL,
    value_msat INTEGER NOT NULL,
    memo TEXT NOT NULL,
    expiry_s INTEGER NOT NULL,
    cltv_delta INTEGER NOT NULL,
    -- seconds of the Unix epoch, as all times here
    created_at INTEGER NOT NULL,
    invoice TEXT NOT NULL,
    paid_msat INTEGER,
    -- LDK returns the payment at this height
    deadline_height INTEGER,
    accepted_height INTEGER,
    accepted_at INTEGER,
    ended_at INTEGER,
    preimage BLOB,
    -- ldk-node's own record of it was removed
    forgotten INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX holds_pending ON holds (add_index) WHERE state IN (0, 3, 4);
CREATE INDEX holds_returned ON holds (deadline_height) WHERE state = 2;
CREATE INDEX holds_unpaid ON holds (ended_at) WHERE paid_msat IS NULL;
CREATE INDEX holds_ended ON holds (ended_at) WHERE paid_msat IS NOT NULL AND forgotten = 0;

CREATE TABLE payments (
    hash BLOB PRIMARY KEY,
    invoice TEXT NOT NULL,
    value_msat INTEGER NOT NULL,
    -- 0 in flight, 1 paid, 2 failed
    state INTEGER NOT NULL,
    fee_msat INTEGER NOT NULL DEFAULT 0,
    preimage BLOB,
    begun_at INTEGER NOT NULL,
    begun_height INTEGER NOT NULL,
    cltv_limit INTEGER NOT NULL
);
CREATE INDEX payments_in_flight ON payments (hash) WHERE state = 0;
