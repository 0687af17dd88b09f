-- Rows of earlier versions stay as they are unless a comment says otherwise.

-- ---- activations: activations, activation_messages, lent_numbers ---------------------------------

-- Of an order for a number: where it is to come from, and the rental that it extends.
ALTER TABLE orders ADD COLUMN network TEXT;
ALTER TABLE orders ADD COLUMN extends INTEGER;

DROP VIEW all_orders;
CREATE VIEW all_orders AS
    SELECT id, kind, door, state, reason, account, price, held, deadline_height, payment, preimage,
        invoice, pay_by, to_address, text, service, country, rented_ms, network, extends, webhook_url,
        webhook_secret, webhook_wants, referral, fulfilled_by, created_at, paid_at, updated_at, events,
        last_event
    FROM orders
    UNION ALL
    SELECT order_id, order_kind, door, order_state, order_reason, account, price, NULL, NULL,
        'credit', NULL, NULL, NULL, address, text, NULL, NULL, NULL, NULL, NULL, webhook_url,
        webhook_secret, webhook_wants, referral, id, created_at, created_at, updated_at, events,
        last_event
    FROM messages WHERE order_kind IS NOT NULL;

-- Activations and rentals of paid orders, never deleted. The orders have rows of their own, also those
-- that are paid from credit.
CREATE TABLE activations (
    id INTEGER PRIMARY KEY,
    order_id BLOB NOT NULL UNIQUE,
    loan BLOB NOT NULL UNIQUE, -- its name at suppliers
    account INTEGER,
    service TEXT NOT NULL,
    wanted_country INTEGER, -- NULL: any
    network TEXT NOT NULL,
    rented_ms INTEGER, -- NULL: for one code
    extends INTEGER, -- the rental that this one makes longer
    price INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    supplier TEXT, -- that was called last
    tried TEXT NOT NULL DEFAULT '', -- all that were called, one a line
    number INTEGER,
    country INTEGER, -- of the number
    cost INTEGER,
    -- Of the newest message.
    code TEXT,
    text TEXT,
    messages INTEGER NOT NULL DEFAULT 0,
    paid_at INTEGER NOT NULL,
    assigned_at INTEGER,
    until INTEGER NOT NULL,
    ended_at INTEGER,
    updated_at INTEGER NOT NULL,
    -- When a worker is to look at it; of a leased one, the end of the lease. NULL: it has ended, and its
    -- supplier knows.
    due_at INTEGER,
    lease_node TEXT
) STRICT;

CREATE INDEX activations_due ON activations (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX activations_leased ON activations (lease_node) WHERE lease_node IS NOT NULL;
CREATE INDEX activations_account ON activations (account, id) WHERE account IS NOT NULL;
-- How those with a number ended.
CREATE INDEX activations_ended ON activations (service, ended_at)
    WHERE ended_at IS NOT NULL AND number IS NOT NULL;

CREATE TABLE activation_messages (
    activation INTEGER NOT NULL,
    nth INTEGER NOT NULL, -- from 1
    key TEXT NOT NULL, -- by which the supplier's repeats are known
    text TEXT NOT NULL,
    code TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (activation, nth)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX activation_messages_key ON activation_messages (activation, key);

-- Numbers that are lent for a service, each once; 'full' is a rental of the whole number.
CREATE TABLE lent_numbers (
    number INTEGER NOT NULL,
    service TEXT NOT NULL,
    activation INTEGER NOT NULL,
    -- The end of its rest after a rental; while it is lent, later than any clock.
    free_at INTEGER NOT NULL,
    PRIMARY KEY (number, service)
) STRICT, WITHOUT ROWID;

CREATE INDEX lent_numbers_activation ON lent_numbers (activation);

-- ---- upstream: upstream_loans --------------------------------------------------------------------

-- Which loans of wholesalers belong to which of ours. A loan is asked for at several, one after the other.
CREATE TABLE upstream_loans (
    supplier TEXT NOT NULL,
    loan BLOB NOT NULL,
    service TEXT NOT NULL,
    wanted_country INTEGER, -- NULL: any
    rented_ms INTEGER, -- NULL: for one code
    cost_max INTEGER NOT NULL,
    asked_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    -- What was lent, if anything.
    reference TEXT, -- the wholesaler's name for it
    number INTEGER,
    country INTEGER,
    cost INTEGER,
    assigned_at INTEGER,
    until INTEGER,
    PRIMARY KEY (supplier, loan)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX upstream_loans_reference ON upstream_loans (supplier, reference)
    WHERE reference IS NOT NULL;
CREATE INDEX upstream_loans_over ON upstream_loans (asked_at) WHERE state = 'over';

-- ---- success rates: indices of activations and orders --------------------------------------------

CREATE INDEX activations_success ON activations (ended_at)
    WHERE ended_at IS NOT NULL AND number IS NOT NULL;
-- What a buyer without an account paid for.
CREATE INDEX orders_numbers ON orders (client, paid_at) WHERE kind = 'receive' AND account IS NULL;
