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
CREATE INDEX activations_open ON activations (account, id)
    WHERE account IS NOT NULL AND ended_at IS NULL;
CREATE INDEX activations_extends ON activations (extends) WHERE extends IS NOT NULL;
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
    -- A later end that is being bought, and the end before as the wholesaler lists it.
    extended_until INTEGER,
    listed_end TEXT,
    PRIMARY KEY (supplier, loan)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX upstream_loans_reference ON upstream_loans (supplier, reference)
    WHERE reference IS NOT NULL;
CREATE INDEX upstream_loans_over ON upstream_loans (asked_at) WHERE state IN ('asked', 'over');
CREATE INDEX upstream_loans_asked ON upstream_loans (supplier, asked_at) WHERE state = 'asked';
CREATE INDEX upstream_loans_returning ON upstream_loans (supplier, asked_at)
    WHERE state = 'returning';

-- ---- success rates: indices of activations and orders --------------------------------------------

CREATE INDEX activations_success ON activations (ended_at)
    WHERE ended_at IS NOT NULL AND number IS NOT NULL;
-- What a buyer without an account paid for.
CREATE INDEX orders_numbers ON orders (client, paid_at) WHERE kind = 'receive' AND account IS NULL;
-- ---- referrals: referral_terms, referrers, payouts, referral_shares ------------------------------

-- Orders that were settled before have no shares. One row.
CREATE TABLE referral_terms (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    share_bps INTEGER NOT NULL, -- hundredths of a percent
    paused_at INTEGER -- no payment begins; NULL: they do
) STRICT;

INSERT INTO referral_terms (id, share_bps) VALUES (1, 0);

INSERT INTO ledger_accounts (name, may_be_negative) VALUES ('referrals', 0);

-- Lightning addresses that a share was due to.
CREATE TABLE referrers (
    address TEXT PRIMARY KEY NOT NULL,
    due INTEGER NOT NULL CHECK (due >= 0), -- the sum of the shares that are due
    failures INTEGER NOT NULL DEFAULT 0, -- in a row
    trouble TEXT, -- of the last failure
    next_try_at INTEGER NOT NULL,
    stopped_at INTEGER -- it waits for the operator
) STRICT, WITHOUT ROWID;

CREATE INDEX referrers_due ON referrers (next_try_at) WHERE stopped_at IS NULL AND due > 0;

-- Payments to referrers, stored before the node is called.
CREATE TABLE payouts (
    hash BLOB PRIMARY KEY NOT NULL, -- of the invoice
    address TEXT NOT NULL REFERENCES referrers (address),
    invoice TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    fee_max INTEGER NOT NULL,
    fee INTEGER, -- what the route cost, of a paid one
    state TEXT NOT NULL,
    trouble TEXT,
    expires_at INTEGER NOT NULL,
    node_key BLOB NOT NULL, -- of the Lightning node that pays it
    sends INTEGER NOT NULL, -- how often that node was called
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    check_at INTEGER -- NULL: it has ended
) STRICT, WITHOUT ROWID;

-- A second payment to an address waits for the end of the first.
CREATE UNIQUE INDEX payouts_attempting ON payouts (address) WHERE state = 'attempting';
CREATE INDEX payouts_check ON payouts (check_at) WHERE check_at IS NOT NULL;
CREATE INDEX payouts_age ON payouts (created_at);

-- Shares of settled orders. The transfer of each has the order's id.
CREATE TABLE referral_shares (
    order_id BLOB PRIMARY KEY NOT NULL,
    address TEXT NOT NULL REFERENCES referrers (address),
    amount INTEGER NOT NULL CHECK (amount > 0),
    state TEXT NOT NULL, -- due, paying, paid, cancelled
    payout BLOB REFERENCES payouts (hash), -- that pays or paid it, or failed to
    refunded INTEGER NOT NULL DEFAULT 0, -- 1: refunded while it was paying
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX referral_shares_due ON referral_shares (address, at) WHERE state = 'due';
CREATE INDEX referral_shares_payout ON referral_shares (payout) WHERE payout IS NOT NULL;
-- ---- pool ---------------------------------------------------------------------------------------

-- 1: it may be lent for a time; lends: for one code.
ALTER TABLE numbers ADD COLUMN rents INTEGER NOT NULL DEFAULT 0;

-- Loans of numbers of ours. A buyer may be sent to both lines, one after the other, by one id. An id that was
-- asked for on a line and had no loan there is over, without a number.
CREATE TABLE pool_loans (
    id BLOB NOT NULL,
    line TEXT NOT NULL, -- carrier, phone
    number TEXT,
    called TEXT, -- the number as it is spelled today
    country TEXT,
    purpose TEXT, -- code, rent
    service TEXT,
    state TEXT NOT NULL, -- lent, used, over
    lent_at INTEGER NOT NULL,
    until INTEGER NOT NULL,
    ended_at INTEGER,
    -- The number is unavailable until then; of an open loan as if it ended when its time is up.
    free_at INTEGER NOT NULL,
    -- From a message on the number is unavailable for the service this long.
    cool_down INTEGER NOT NULL,
    -- What the owner of the phone that has the number earns when the loan is sold.
    share INTEGER NOT NULL DEFAULT 0,
    owner INTEGER, -- of the phone, when it was lent
    PRIMARY KEY (id, line)
) STRICT, WITHOUT ROWID;

-- A number has one loan at a time, in whatever spelling.
CREATE UNIQUE INDEX pool_loans_open ON pool_loans (number) WHERE number IS NOT NULL AND state <> 'over';
CREATE UNIQUE INDEX pool_loans_open_called ON pool_loans (called)
    WHERE called IS NOT NULL AND state <> 'over';
CREATE INDEX pool_loans_due ON pool_loans (until) WHERE state <> 'over';
CREATE INDEX pool_loans_called ON pool_loans (called, free_at) WHERE called IS NOT NULL;
CREATE INDEX pool_loans_number ON pool_loans (number, free_at) WHERE number IS NOT NULL;

-- Messages that came to a number while it was on loan, numbered from 1.
CREATE TABLE pool_messages (
    loan BLOB NOT NULL,
    line TEXT NOT NULL, -- of its loan
    number INTEGER NOT NULL,
    inbound BLOB NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL,
    due INTEGER NOT NULL DEFAULT 1, -- 0: the engine has it
    PRIMARY KEY (loan, line, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX pool_messages_due ON pool_messages (line, at) WHERE due = 1;

-- What a number was lent for.
CREATE TABLE pool_services (
    number TEXT NOT NULL,
    service TEXT NOT NULL,
    -- Loans in a row that ended without a message.
    misses INTEGER NOT NULL,
    used_until INTEGER NOT NULL,
    PRIMARY KEY (number, service)
) STRICT, WITHOUT ROWID;

-- ---- phones -------------------------------------------------------------------------------------

-- Phones whose SIM cards receive and send for us.
CREATE TABLE phones (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    owner INTEGER REFERENCES accounts (id), -- earns from its numbers
    enrolment BLOB NOT NULL UNIQUE, -- hash of the token that is typed into the app
    secret BLOB NOT NULL, -- sealed; its URL and its signing key are derived from it
    token BLOB UNIQUE, -- hash of its own token; NULL until it has registered
    model TEXT,
    app_version TEXT,
    waits_for_push INTEGER NOT NULL DEFAULT 0,
    health TEXT, -- pass, warn, fail
    seen_at INTEGER,
    -- Its numbers are lent until then, unless it pings again.
    ready_until INTEGER NOT NULL DEFAULT 0,
    -- It did not fetch a text in time: it is given none until it calls again.
    missed_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE phone_sims (
    phone INTEGER NOT NULL REFERENCES phones (id),
    sim INTEGER NOT NULL, -- from 1
    network TEXT,
    card TEXT, -- last digits
    number TEXT, -- a row of numbers
    proven_at INTEGER,
    test TEXT, -- a message with this text proves the number
    sends INTEGER NOT NULL DEFAULT 0, -- 1: the operator lets it send
    sent INTEGER NOT NULL DEFAULT 0, -- parts that it was given on this day
    sent_day INTEGER NOT NULL DEFAULT 0,
    -- It could not send: it is given no text before then.
    rest_until INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (phone, sim)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX phone_sims_number ON phone_sims (number) WHERE number IS NOT NULL;

-- Events and messages that phones reported: repeats are recognised by them.
CREATE TABLE phone_seen (
    phone INTEGER NOT NULL,
    key BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (phone, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX phone_seen_age ON phone_seen (at);

-- Texts that phones send, by the id that the app has.
CREATE TABLE phone_texts (
    id BLOB PRIMARY KEY NOT NULL,
    carrier TEXT NOT NULL,
    phone INTEGER NOT NULL,
    sim INTEGER NOT NULL,
    message BLOB NOT NULL,
    recipient INTEGER NOT NULL, -- its index in the message
    number INTEGER NOT NULL,
    text TEXT NOT NULL, -- empty once the phone has confirmed it
    parts INTEGER NOT NULL,
    urgent INTEGER NOT NULL,
    wants_report INTEGER NOT NULL,
    state TEXT NOT NULL, -- waiting, fetched, processed, sent, delivered, failed, expired
    code TEXT,
    -- The token of the phone that fetched it: another registration does not get it again.
    token BLOB,
    fetch_until INTEGER NOT NULL,
    valid_until INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    news INTEGER NOT NULL DEFAULT 0 -- 1: the carrier has made no receipt of its state
) STRICT, WITHOUT ROWID;

CREATE INDEX phone_texts_recipient ON phone_texts (message, recipient);
CREATE INDEX phone_texts_open ON phone_texts (phone, sim) WHERE state IN ('waiting', 'fetched');
CREATE INDEX phone_texts_news ON phone_texts (carrier, updated_at) WHERE news = 1;
CREATE INDEX phone_texts_age ON phone_texts (created_at);
