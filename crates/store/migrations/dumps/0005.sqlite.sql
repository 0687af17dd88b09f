CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT;
INSERT INTO schema_version VALUES (1);
INSERT INTO schema_version VALUES (2);
INSERT INTO schema_version VALUES (3);
INSERT INTO schema_version VALUES (4);
INSERT INTO schema_version VALUES (5);
CREATE TABLE vault_check (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    sealed BLOB NOT NULL
, pings INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO vault_check VALUES (1, X'0132690FACC94C364F42574E1E27E1FA0D22A548D2C48051A36FAA16F812A58BE1339F53D3', 0);
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    webhook_secret BLOB NOT NULL, -- sealed
    created_at INTEGER NOT NULL
, disabled_at INTEGER, last_person INTEGER NOT NULL DEFAULT 0, people INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO accounts VALUES (1, 'acme', X'011835A12A3649DB228973D21FAD80A0F55C66D609EB4F67C8082EAC758264E9514E1505261E414E8855D5A1CB156C1071', 1793534400000, NULL, 0, 0);
CREATE TABLE account_keys (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts (id),
    hash BLOB NOT NULL UNIQUE,
    scopes TEXT NOT NULL, -- separated by spaces
    rate INTEGER,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
, description TEXT) STRICT;
INSERT INTO account_keys VALUES (1, 1, X'0505050505050505050505050505050505050505050505050505050505050505', 'sms:send', 7, 1793534400000, NULL, NULL);
CREATE TABLE orders (
    -- Begins with the time, so that its neighbours here are of its time; shown otherwise.
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    door TEXT NOT NULL, -- that it came in by
    state TEXT NOT NULL,
    reason TEXT,
    account INTEGER, -- one that was there; accounts are never deleted
    price INTEGER NOT NULL CHECK (price >= 0),
    held INTEGER,
    deadline_height INTEGER,
    payment TEXT NOT NULL CHECK (payment IN ('lightning', 'credit')),
    payment_hash BLOB, -- of the hold invoice
    preimage BLOB, -- sealed
    invoice TEXT,
    pay_by INTEGER,
    -- What was bought, by kind: a message, a number for a code or for a time, or none of it (credit).
    to_address TEXT,
    text TEXT,
    service TEXT,
    country INTEGER,
    rented_ms INTEGER,
    webhook_url TEXT,
    webhook_secret BLOB, -- sealed
    webhook_wants TEXT,
    referral TEXT,
    client TEXT NOT NULL, -- whose room it takes while it is open or held
    -- The message, activation or rental that fulfils it, once it is begun.
    fulfilled_by BLOB,
    created_at INTEGER NOT NULL,
    paid_at INTEGER,
    -- Of the order itself; its recipient's row has a moment of its own.
    updated_at INTEGER NOT NULL,
    -- When to compare with the node; NULL when the order is final or paid from credit.
    check_at INTEGER,
    -- Events stored so far; numbers the next one. The last of them is this row of events.
    events INTEGER NOT NULL DEFAULT 0,
    last_event INTEGER
, network TEXT, extends INTEGER) STRICT;
INSERT INTO orders VALUES (X'0000000000000004070707070707070707070707070707070707070707070707', 'send', 'orders', 'open', NULL, NULL, 1000, NULL, NULL, 'lightning', X'758BF8119632EE27D5B7727B57A571AF3C3668278A7C9602D34340F4AEBF87F0', X'01B49041E802B2680AAF158B45C2F78D042D484385DF5C3704A600DFC7E3795C4407618B5FBD6F6E022F57F84CF14179C864DCA96E8979C3C65DA204F9', 'lnbc1', 1793534400000, '4520123456', 'hello', NULL, NULL, NULL, 'https://example.com/hook', X'01907572AAC7A2D2523A109046908330FD0106C141B1B8F4952E822B43D63AD5A5B4D08BD263D9A9DC1D4A561BCE4D', 'all', NULL, 'key-1', NULL, 1793534400000, NULL, 1793534400000, 1793534400000, 0, NULL, NULL, NULL);
CREATE TABLE ledger_accounts (
    name TEXT PRIMARY KEY,
    may_be_negative INTEGER NOT NULL,
    -- Sum of posted transfers, in minus out.
    balance INTEGER NOT NULL DEFAULT 0,
    -- Sum of pending transfers out.
    reserved INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    -- What was reserved on the last day (UTC, counted from 1970) on which something was, whatever of it
    -- went back since.
    spent_on INTEGER NOT NULL DEFAULT 0,
    spent INTEGER NOT NULL DEFAULT 0,
    CHECK (may_be_negative = 1 OR balance >= reserved)
) STRICT, WITHOUT ROWID;
INSERT INTO ledger_accounts VALUES ('customer:1', 0, 9000, 2000, 20758, 3000);
INSERT INTO ledger_accounts VALUES ('lightning', 1, 0, 0, 0, 0);
INSERT INTO ledger_accounts VALUES ('operator', 1, -10000, 0, 0, 0);
INSERT INTO ledger_accounts VALUES ('referrals', 0, 0, 0, 0, 0);
INSERT INTO ledger_accounts VALUES ('revenue', 1, 1000, 0, 0, 0);
CREATE TABLE transfers (
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    debit TEXT NOT NULL,
    credit TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount >= 0),
    state TEXT NOT NULL CHECK (state = 'pending' OR state = 'posted' OR state = 'voided'),
    -- What of the amount is decided. It is pending until that is all of it.
    posted INTEGER NOT NULL DEFAULT 0 CHECK (posted >= 0),
    voided INTEGER NOT NULL DEFAULT 0 CHECK (voided >= 0),
    created_at INTEGER NOT NULL,
    decided_at INTEGER,
    PRIMARY KEY (id, kind),
    CHECK (posted + voided <= amount)
) STRICT, WITHOUT ROWID;
INSERT INTO transfers VALUES (X'01A196FB160098F60971BD8B223E19B87F3C8A910A2DB186527382476640DC9D', 'grant', 'operator', 'customer:1', 10000, 'posted', 10000, 0, 1793534400000, 1793534400000);
CREATE TABLE messages (
    id BLOB PRIMARY KEY,
    account INTEGER,
    order_id BLOB,
    listed INTEGER NOT NULL, -- 1: a text of an account, which its list shows; 0: an e-mail, or a stranger's
    followed INTEGER NOT NULL, -- 1: the order's buyer wants an event for every step
    lane INTEGER NOT NULL, -- lower is served first
    state TEXT NOT NULL,
    -- Counters, so that finishing counts no rows. recipients - pending - finals are submitted.
    recipients INTEGER NOT NULL,
    pending INTEGER NOT NULL CHECK (pending >= 0),
    finals INTEGER NOT NULL DEFAULT 0 CHECK (pending + finals <= recipients),
    delivered INTEGER NOT NULL DEFAULT 0 CHECK (delivered <= finals),
    valid_until INTEGER NOT NULL,
    receipts_until INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    sender TEXT,
    parts INTEGER NOT NULL,
    -- The recipient of a message that has an order and only this one; others have rows of recipients.
    address TEXT,
    recipient TEXT, -- its state
    reason TEXT,
    code TEXT,
    tried TEXT,
    deferred_attempt INTEGER NOT NULL DEFAULT 0,
    unanswered INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    taken INTEGER NOT NULL DEFAULT 0, -- its parts in submissions
    -- Its first part that a carrier took, of a text of one part; columns as in submissions.
    part_carrier TEXT,
    part_id TEXT,
    part_number INTEGER,
    part_attempt INTEGER,
    part_state TEXT,
    part_code TEXT,
    part_at INTEGER,
    part_decided_at INTEGER,
    part_noted TEXT,
    part_noted_code TEXT,
    part_noted_at INTEGER,
    queued INTEGER NOT NULL DEFAULT 1, -- 0: it never had a chunk
    -- The lease of its first claim, when it was stored with that: then it has no chunk.
    lease_node TEXT,
    lease_until INTEGER,
    -- Its order, if that is paid from credit: it has no row of its own, and is its own transfer, of its
    -- price, from the account to revenue. The columns of an order, named as there.
    order_kind TEXT,
    order_state TEXT,
    order_reason TEXT,
    door TEXT,
    price INTEGER CHECK (price >= 0),
    webhook_url TEXT,
    webhook_secret BLOB, -- sealed
    webhook_wants TEXT,
    referral TEXT,
    events INTEGER NOT NULL DEFAULT 0,
    last_event INTEGER,
    text TEXT NOT NULL
, part_link INTEGER, form TEXT, link TEXT, charge INTEGER) STRICT, WITHOUT ROWID;
INSERT INTO messages VALUES (X'00000000000000000000000000000001', 1, X'0000000000000001070707070707070707070707070707070707070707070707', 1, 1, 0, 'sent', 1, 0, 1, 1, 9223372036854775807, 9223372036854775807, 1793534400000, 1793534400000, NULL, 1, '4520123456', 'success', NULL, NULL, NULL, 0, 0, 0, 0, 'main', 'a', 4520123456, 1, 'delivered', '000', 1793534400000, 1793534400000, NULL, NULL, NULL, 0, NULL, NULL, 'send', 'settled', NULL, 'orders', 1000, 'https://example.com/hook', X'016AB0F2B25E191EFABC2939FF7DCCD04FF8D656DB25313A6E41E8B36D1AEC63C73563B3FE7FA00F7684AD22749BB6', 'all', NULL, 2, 3, 'hello', NULL, NULL, NULL, NULL);
INSERT INTO messages VALUES (X'00000000000000000000000000000002', 1, X'0000000000000002070707070707070707070707070707070707070707070707', 1, 1, 0, 'pending', 1, 0, 0, 0, 9223372036854775807, 9223372036854775807, 1793534400000, 1793534400000, NULL, 1, '4520123456', 'submitted', NULL, NULL, NULL, 0, 0, 0, 0, 'main', 'b', 4520123456, 1, 'accepted', NULL, 1793534400000, NULL, NULL, NULL, NULL, 0, NULL, NULL, 'send', 'working', NULL, 'orders', 1000, 'https://example.com/hook', X'01CC1691EFAA58DA94C330108680382A45770C6312E78EA6CDB77C687379A2C4BF7A507F4B1FA8D98DC19E15D706B2', 'all', NULL, 1, 2, 'hello', NULL, NULL, NULL, NULL);
INSERT INTO messages VALUES (X'00000000000000000000000000000003', 1, X'0000000000000003070707070707070707070707070707070707070707070707', 1, 1, 0, 'pending', 1, 1, 0, 0, 9223372036854775807, 9223372036854775807, 1793534400000, 1793534400000, NULL, 1, '4520123456', 'pending', NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, 'send', 'working', NULL, 'orders', 1000, 'https://example.com/hook', X'0176E2AF49B4A8749EDCE1B8CE860E760F9B8C6E683E7042E4245CC5C210FE6CC7E0BFC8ED2AD6AEEBBBF833D64E85', 'all', NULL, 0, NULL, 'hello', NULL, NULL, NULL, NULL);
CREATE TABLE message_counts (
    account INTEGER PRIMARY KEY,
    messages INTEGER NOT NULL
) STRICT;
INSERT INTO message_counts VALUES (1, 3);
CREATE TABLE recipients (
    message BLOB NOT NULL,
    idx INTEGER NOT NULL,
    address TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    code TEXT,
    -- Carriers that would not take it, or never reported on it: a line each.
    tried TEXT,
    -- The last claim that ended without handing it over, and the number of unanswered claims.
    deferred_attempt INTEGER NOT NULL DEFAULT 0,
    unanswered INTEGER NOT NULL DEFAULT 0,
    -- Claims in which a carrier was handed it and did not take it.
    attempts INTEGER NOT NULL DEFAULT 0,
    -- Of this recipient in a campaign.
    price INTEGER NOT NULL DEFAULT 0,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (message, idx)
) STRICT, WITHOUT ROWID;
CREATE TABLE bulk_messages (
    message BLOB PRIMARY KEY,
    account INTEGER NOT NULL,
    door TEXT NOT NULL, -- that it came in by
    -- Reserved in all, kept of it, and given back of it.
    price INTEGER NOT NULL,
    charged INTEGER NOT NULL DEFAULT 0,
    refunded INTEGER NOT NULL DEFAULT 0,
    refunds TEXT NOT NULL, -- which recipients' prices are given back
    -- Recipients by state; the other states are counted in messages.
    failed INTEGER NOT NULL DEFAULT 0,
    invalid INTEGER NOT NULL,
    blocked INTEGER NOT NULL,
    expired INTEGER NOT NULL DEFAULT 0,
    timeout INTEGER NOT NULL DEFAULT 0,
    start_at INTEGER,
    paused INTEGER NOT NULL DEFAULT 0,
    -- Paid retries.
    retries INTEGER NOT NULL DEFAULT 0,
    -- Price of the recipients that failed, expired or timed out.
    missed INTEGER NOT NULL DEFAULT 0,
    ended_at INTEGER
, at_any_hour INTEGER NOT NULL DEFAULT 0, first_invalid INTEGER NOT NULL DEFAULT 0, first_blocked INTEGER NOT NULL DEFAULT 0, duplicates INTEGER NOT NULL DEFAULT 0, held_until INTEGER, webhook_url TEXT, webhook_events TEXT, events INTEGER NOT NULL DEFAULT 0, last_event INTEGER, first_sms_id INTEGER, callbacks TEXT, own_parts INTEGER) STRICT, WITHOUT ROWID;
CREATE TABLE missed_runs (
    message BLOB NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (message, run)
) STRICT, WITHOUT ROWID;
CREATE TABLE recipient_packs (
    message BLOB NOT NULL,
    first_idx INTEGER NOT NULL,
    count INTEGER NOT NULL,
    price INTEGER, -- of each; NULL if they are excluded
    packed BLOB NOT NULL, -- numbers of 8 bytes; or state and address of excluded recipients
    PRIMARY KEY (message, first_idx)
) STRICT;
CREATE TABLE idempotency_keys (
    account INTEGER NOT NULL,
    key TEXT NOT NULL,
    request BLOB NOT NULL, -- SHA-256
    message BLOB NOT NULL,
    recipients INTEGER NOT NULL,
    price INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (account, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE chunks (
    message BLOB NOT NULL,
    first_idx INTEGER NOT NULL,
    last_idx INTEGER NOT NULL,
    lane INTEGER NOT NULL,
    account INTEGER NOT NULL, -- 0: none
    valid_until INTEGER NOT NULL,
    -- When it may be claimed; while it is leased, the end of the lease.
    due_at INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    lease_node TEXT,
    -- Whether a carrier may have what is pending: none, claim (since the last claim) or lasting.
    doubt TEXT NOT NULL,
    -- Recipients without a receipt by then are tried with another carrier.
    await_until INTEGER,
    -- A retry of its recipients that failed, expired or timed out: they are pending since then; the first
    -- claim updates their rows.
    requeued_at INTEGER,
    reason TEXT, carrier TEXT,
    PRIMARY KEY (message, first_idx)
) STRICT, WITHOUT ROWID;
INSERT INTO chunks VALUES (X'00000000000000000000000000000003', 0, 0, 0, 1, 9223372036854775807, 1793534400000, 0, NULL, 'none', NULL, NULL, NULL, NULL);
CREATE TABLE claim_turns (
    node TEXT NOT NULL,
    lane INTEGER NOT NULL,
    account INTEGER NOT NULL,
    PRIMARY KEY (node, lane)
) STRICT, WITHOUT ROWID;
CREATE TABLE submissions (
    message BLOB NOT NULL,
    idx INTEGER NOT NULL,
    carrier TEXT NOT NULL,
    part INTEGER NOT NULL,
    parts INTEGER NOT NULL, -- that the text has at this carrier
    carrier_id TEXT NOT NULL,
    number INTEGER, -- destination; tells submissions with one carrier_id apart
    attempt INTEGER NOT NULL, -- the claim that handed it over
    state TEXT NOT NULL,
    code TEXT,
    at INTEGER NOT NULL, -- when it was taken, by our clock: carriers use ids again
    decided_at INTEGER,
    -- The last receipt that did not decide the part.
    noted TEXT,
    noted_code TEXT,
    noted_at INTEGER, link INTEGER,
    PRIMARY KEY (message, idx, carrier, part)
) STRICT, WITHOUT ROWID;
CREATE TABLE parked_receipts (
    carrier TEXT NOT NULL,
    carrier_id TEXT NOT NULL,
    state TEXT NOT NULL,
    to_number INTEGER NOT NULL, -- 0 when it names none
    -- What its submission's number must fit; 0 when the carrier marked it as a receipt.
    number_ends INTEGER NOT NULL,
    code TEXT,
    at INTEGER NOT NULL,
    -- 1: more than one submission matches it.
    ambiguous INTEGER NOT NULL,
    -- Counts the parked receipts of a carrier, so that the oldest are deleted when there are too many.
    ordinal INTEGER NOT NULL,
    parked_at INTEGER NOT NULL, scope TEXT NOT NULL DEFAULT 'part',
    -- A repeat is stored once, so that a carrier with constant ids cannot fill the table.
    PRIMARY KEY (carrier, carrier_id, state, to_number, number_ends)
) STRICT, WITHOUT ROWID;
INSERT INTO parked_receipts VALUES ('main', 'early', 'delivered', 0, 0, '000', 1793534400000, 0, 1, 1793534400000, 'part');
CREATE TABLE event_attempts (
    id INTEGER PRIMARY KEY,
    event INTEGER NOT NULL,
    at INTEGER NOT NULL,
    took_ms INTEGER NOT NULL,
    result TEXT NOT NULL -- HTTP status, or the word of an error
) STRICT;
CREATE TABLE inbound_sets (
    id BLOB PRIMARY KEY, -- of the message that it becomes
    carrier TEXT NOT NULL,
    sender TEXT NOT NULL,
    destination TEXT NOT NULL,
    scheme TEXT NOT NULL, -- 'whole' for messages of one part
    reference INTEGER NOT NULL, -- of whole messages a hash of what they say
    total INTEGER NOT NULL,
    here INTEGER NOT NULL, -- parts that came
    first_at INTEGER NOT NULL,
    joined_at INTEGER
) STRICT;
CREATE TABLE inbound_parts (
    set_id BLOB NOT NULL REFERENCES inbound_sets (id),
    number INTEGER NOT NULL, -- from 1
    kind TEXT NOT NULL CHECK (kind = 'text' OR kind = 'units' OR kind = 'octets'),
    body BLOB NOT NULL, -- UTF-8, UTF-16 big-endian, or as it came
    PRIMARY KEY (set_id, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE inbound_messages (
    id BLOB PRIMARY KEY,
    carrier TEXT NOT NULL,
    sender TEXT NOT NULL,
    destination TEXT NOT NULL,
    account INTEGER REFERENCES accounts (id),
    text TEXT,
    octets BLOB,
    parts INTEGER NOT NULL, -- in all
    missing TEXT NOT NULL, -- numbers separated by spaces
    received_at INTEGER NOT NULL,
    joined_at INTEGER NOT NULL, keyword TEXT, sms_id INTEGER,
    CHECK ((text IS NULL) <> (octets IS NULL))
) STRICT;
CREATE TABLE nodes (
    name TEXT NOT NULL PRIMARY KEY,
    carriers TEXT NOT NULL, -- a line each: + or - (it can hand over by it, or not), and its name
    since INTEGER NOT NULL,
    -- After it what the node had is anybody's.
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE link_leases (
    carrier TEXT NOT NULL,
    bind INTEGER NOT NULL,
    node TEXT NOT NULL,
    PRIMARY KEY (carrier, bind)
) STRICT, WITHOUT ROWID;
CREATE TABLE senders (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts (id), -- who asked for it
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    shared INTEGER NOT NULL, -- 1: once approved, every account may use it
    -- The last decision.
    decided_by TEXT NOT NULL,
    note TEXT,
    decided_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (account, name)
) STRICT;
INSERT INTO senders VALUES (1, 1, 'Acme', 'approved', 0, 'command-line', NULL, 1793534400000, 1793534400000);
CREATE TABLE numbers (
    number TEXT PRIMARY KEY NOT NULL, -- digits
    country TEXT,
    receives INTEGER NOT NULL,
    sends INTEGER NOT NULL,
    lends INTEGER NOT NULL,
    carrier TEXT,
    phone INTEGER,
    account INTEGER REFERENCES accounts (id),
    webhook_url TEXT,
    help TEXT,
    state TEXT NOT NULL,
    origin TEXT NOT NULL, -- who decides about it
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, keywords TEXT, sells_keywords INTEGER NOT NULL DEFAULT 0, rents INTEGER NOT NULL DEFAULT 0,
    CHECK (carrier IS NULL OR phone IS NULL)
) STRICT;
CREATE TABLE templates (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (account, name)
) STRICT;
CREATE TABLE contact_groups (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    list INTEGER NOT NULL, -- the one that it shows
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (account, name)
) STRICT;
CREATE TABLE contact_lists (
    id INTEGER PRIMARY KEY,
    contacts INTEGER NOT NULL DEFAULT 0 CHECK (contacts >= 0),
    shown INTEGER NOT NULL, -- 1: by a group
    begun_at INTEGER NOT NULL -- 0: dropped
) STRICT;
CREATE TABLE contacts (
    list INTEGER NOT NULL,
    number INTEGER NOT NULL,
    name TEXT,
    fields TEXT, -- JSON object of texts; NULL when there are none
    PRIMARY KEY (list, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE blocks (
    scope INTEGER NOT NULL, -- the account; 0 is everybody
    number INTEGER NOT NULL,
    blocked_by TEXT NOT NULL,
    keyword TEXT, -- that its owner sent
    inbound BLOB, -- the message that it stands in
    note TEXT,
    at INTEGER NOT NULL, said TEXT, said_to TEXT, said_by TEXT,
    PRIMARY KEY (scope, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE prices (
    account INTEGER NOT NULL, -- 0 is all of them
    product TEXT NOT NULL,
    prefix TEXT NOT NULL, -- empty where the product has none
    price INTEGER NOT NULL CHECK (price >= 0),
    PRIMARY KEY (account, product, prefix)
) STRICT, WITHOUT ROWID;
CREATE TABLE account_settings (
    account INTEGER PRIMARY KEY REFERENCES accounts (id),
    refunds TEXT NOT NULL,
    recipients_per_message INTEGER,
    spend_per_day INTEGER
, otp INTEGER NOT NULL DEFAULT 0, webhook_url TEXT, webhook_events TEXT, countries TEXT, hourly_caps TEXT, callback_url TEXT, any_sender INTEGER NOT NULL DEFAULT 0, default_sender TEXT, strict_senders INTEGER NOT NULL DEFAULT 0, query_latin1 INTEGER NOT NULL DEFAULT 0, silent INTEGER NOT NULL DEFAULT 0, premium INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE refunds (
    subject BLOB NOT NULL, -- the id of its transfer
    number INTEGER NOT NULL, -- among the subject's, from 1
    id BLOB NOT NULL,
    idx INTEGER, -- the one recipient that it is of
    amount INTEGER NOT NULL CHECK (amount > 0),
    -- Sums of the subject's refunds until this one, and of its recipient's.
    total INTEGER NOT NULL CHECK (total >= amount),
    recipient_total INTEGER CHECK (recipient_total >= amount),
    account INTEGER NOT NULL,
    refunded_by TEXT NOT NULL,
    note TEXT NOT NULL,
    key TEXT NOT NULL, -- of the request
    request BLOB NOT NULL, -- SHA-256
    at INTEGER NOT NULL,
    PRIMARY KEY (subject, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE operators (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    hash BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;
CREATE TABLE audit_log (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    account INTEGER, -- whose things were changed
    subject TEXT NOT NULL,
    detail TEXT NOT NULL -- JSON
) STRICT;
INSERT INTO audit_log VALUES (1, 1793534400000, 'command-line', 'account.add', 1, '1', '{"msat":10000,"name":"acme"}');
INSERT INTO audit_log VALUES (2, 1793534400000, 'command-line', 'key.add', 1, '1', '{"description":null,"rate":7,"scopes":"sms:send"}');
INSERT INTO audit_log VALUES (3, 1793534400000, 'command-line', 'sender.request', 1, '1', '{"after":"requested","name":"Acme"}');
INSERT INTO audit_log VALUES (4, 1793534400000, 'command-line', 'sender.approve', 1, '1', '{"after":"approved","before":"requested","name":"Acme","note":null}');
CREATE TABLE link_states (
    node TEXT NOT NULL,
    carrier TEXT NOT NULL,
    up INTEGER NOT NULL,
    detail TEXT NOT NULL,
    reported_at INTEGER NOT NULL,
    PRIMARY KEY (node, carrier)
) STRICT, WITHOUT ROWID;
CREATE TABLE link_requests (
    carrier TEXT NOT NULL PRIMARY KEY,
    requests INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE order_keys (
    client TEXT NOT NULL, -- an API key, or the network of a caller without one
    key TEXT NOT NULL,
    request BLOB NOT NULL, -- SHA-256
    order_id BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (client, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE "events" (
    id INTEGER PRIMARY KEY,
    subject TEXT NOT NULL CHECK (subject = 'order' OR subject = 'inbound' OR subject = 'campaign'),
    subject_id BLOB NOT NULL,
    number INTEGER NOT NULL, -- among the subject's events, from 1
    snapshot TEXT NOT NULL, -- JSON; of changed recipients, 24 characters each
    at INTEGER NOT NULL,
    target TEXT NOT NULL CHECK (target IN ('webhook', 'callback')),
    url TEXT, -- NULL: URL and secret are the order's, or the URL the campaign's and the secret its account's
    secret BLOB, -- sealed; NULL where the target is not signed
    attempts INTEGER NOT NULL DEFAULT 0,
    -- When it is due. While it is leased, the end of the lease; while an earlier event of its subject
    -- has not ended, never; once it has ended, when the row is deleted.
    due_at INTEGER NOT NULL,
    -- Node that has the lease; NULL when there is none. Meaningless once the event has ended.
    lease_node TEXT,
    delivered INTEGER, -- 1 delivered, 0 failed, NULL not ended
    ended_at INTEGER,
    -- The attempt that delivered it; all others are rows of event_attempts.
    attempt_at INTEGER,
    attempt_ms INTEGER,
    attempt_status INTEGER,
    -- Its subject's event before it.
    previous INTEGER,
    -- The event that waits for the end of this one.
    next INTEGER
, account INTEGER) STRICT;
INSERT INTO events VALUES (1, 'order', X'0000000000000001070707070707070707070707070707070707070707070707', 1, '{"order":"d761d406af2a4a5b12f17b95447fea8f07070707070707070707070707070707","kind":"send","state":"working","paid":true,"message":"00000000-0000-0000-0000-000000000001","progress":"sent","activation":null,"reason":null,"at":1793534400000}', 1793534400000, 'webhook', NULL, NULL, 0, 1793534400000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 3, NULL);
INSERT INTO events VALUES (2, 'order', X'0000000000000002070707070707070707070707070707070707070707070707', 1, '{"order":"d761d406af2a4a5812f17b95447fea8f07070707070707070707070707070707","kind":"send","state":"working","paid":true,"message":"00000000-0000-0000-0000-000000000002","progress":"sent","activation":null,"reason":null,"at":1793534400000}', 1793534400000, 'webhook', NULL, NULL, 0, 1793534400000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO events VALUES (3, 'order', X'0000000000000001070707070707070707070707070707070707070707070707', 2, '{"order":"d761d406af2a4a5b12f17b95447fea8f07070707070707070707070707070707","kind":"send","state":"settled","paid":true,"message":"00000000-0000-0000-0000-000000000001","progress":"delivered","activation":null,"reason":null,"at":1793534400000}', 1793534400000, 'webhook', NULL, NULL, 0, 9223372036854775807, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL);
CREATE TABLE unread_receipts (
    id BLOB PRIMARY KEY,
    carrier TEXT NOT NULL,
    sender TEXT NOT NULL,
    destination TEXT NOT NULL,
    esm_class INTEGER NOT NULL,
    data_coding INTEGER NOT NULL,
    octets BLOB NOT NULL,
    parameters BLOB NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE TABLE traffic (
    payer INTEGER NOT NULL,
    prefix TEXT NOT NULL,
    hour INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    PRIMARY KEY (payer, prefix, hour)
) STRICT, WITHOUT ROWID;
CREATE TABLE tries (
    message BLOB NOT NULL,
    idx INTEGER NOT NULL,
    number INTEGER NOT NULL, -- from 1
    attempt INTEGER NOT NULL, -- the claim that handed it over
    carrier TEXT NOT NULL,
    link INTEGER, -- of the carrier, from 1
    reason TEXT NOT NULL,
    code TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (message, idx, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE sms_ids (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    next INTEGER NOT NULL
) STRICT;
INSERT INTO sms_ids VALUES (1, 1);
CREATE TABLE sold_keywords (
    id INTEGER PRIMARY KEY,
    number TEXT NOT NULL,
    word TEXT NOT NULL, -- as it is compared
    account INTEGER NOT NULL REFERENCES accounts (id),
    price INTEGER NOT NULL, -- of the last period
    bought_at INTEGER NOT NULL,
    paid_until INTEGER NOT NULL,
    periods INTEGER NOT NULL,
    renews INTEGER NOT NULL,
    reply TEXT,
    ended_at INTEGER, -- NULL: in use
    ended_by TEXT,
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
) STRICT;
CREATE TABLE keyword_periods (
    keyword INTEGER NOT NULL REFERENCES sold_keywords (id),
    number INTEGER NOT NULL, -- from 1
    begins_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    price INTEGER NOT NULL CHECK (price >= 0),
    transfer BLOB NOT NULL UNIQUE,
    PRIMARY KEY (keyword, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE keyword_replies (
    inbound BLOB PRIMARY KEY,
    keyword INTEGER NOT NULL REFERENCES sold_keywords (id),
    sender TEXT NOT NULL, -- who gets it
    at INTEGER NOT NULL,
    done_at INTEGER -- NULL: to be sent
) STRICT, WITHOUT ROWID;
CREATE TABLE lookups (
    number INTEGER NOT NULL,
    roaming INTEGER NOT NULL, -- 1: also whether the phone is abroad
    answer TEXT NOT NULL, -- JSON
    at INTEGER NOT NULL,
    PRIMARY KEY (number, roaming)
) STRICT, WITHOUT ROWID;
CREATE TABLE lookup_charges (
    id BLOB PRIMARY KEY NOT NULL,
    account INTEGER NOT NULL REFERENCES accounts (id),
    price INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE account_logins (
    account INTEGER NOT NULL PRIMARY KEY REFERENCES accounts (id),
    profile TEXT, -- JSON object
    password TEXT, -- Argon2id, as a PHC string
    code TEXT, -- likewise
    code_until INTEGER NOT NULL DEFAULT 0,
    code_tries INTEGER NOT NULL DEFAULT 0,
    -- Codes texted in the hour that began then.
    codes_from INTEGER NOT NULL DEFAULT 0,
    codes INTEGER NOT NULL DEFAULT 0,
    -- The last login by password.
    login_at INTEGER,
    login_from TEXT
) STRICT;
CREATE TABLE people (
    account INTEGER NOT NULL REFERENCES accounts (id),
    id INTEGER NOT NULL, -- among the account's, from 1
    number INTEGER,
    name TEXT NOT NULL,
    fields TEXT, -- JSON object of texts; NULL when there are none
    PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE group_people (
    group_id INTEGER NOT NULL,
    person INTEGER NOT NULL,
    account INTEGER NOT NULL,
    PRIMARY KEY (group_id, person)
) STRICT, WITHOUT ROWID;
CREATE TABLE recipient_texts (
    message BLOB NOT NULL,
    first_idx INTEGER NOT NULL,
    packed BLOB NOT NULL,
    PRIMARY KEY (message, first_idx)
) STRICT;
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
CREATE TABLE activation_messages (
    activation INTEGER NOT NULL,
    nth INTEGER NOT NULL, -- from 1
    key TEXT NOT NULL, -- by which the supplier's repeats are known
    text TEXT NOT NULL,
    code TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (activation, nth)
) STRICT, WITHOUT ROWID;
CREATE TABLE lent_numbers (
    number INTEGER NOT NULL,
    service TEXT NOT NULL,
    activation INTEGER NOT NULL,
    -- The end of its rest after a rental; while it is lent, later than any clock.
    free_at INTEGER NOT NULL,
    PRIMARY KEY (number, service)
) STRICT, WITHOUT ROWID;
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
CREATE TABLE referral_terms (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    share_bps INTEGER NOT NULL, -- hundredths of a percent
    paused_at INTEGER -- no payment begins; NULL: they do
) STRICT;
INSERT INTO referral_terms VALUES (1, 0, NULL);
CREATE TABLE referrers (
    address TEXT PRIMARY KEY NOT NULL,
    due INTEGER NOT NULL CHECK (due >= 0), -- the sum of the shares that are due
    failures INTEGER NOT NULL DEFAULT 0, -- in a row
    trouble TEXT, -- of the last failure
    next_try_at INTEGER NOT NULL,
    stopped_at INTEGER -- it waits for the operator
) STRICT, WITHOUT ROWID;
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
CREATE TABLE referral_shares (
    order_id BLOB PRIMARY KEY NOT NULL,
    address TEXT NOT NULL REFERENCES referrers (address),
    amount INTEGER NOT NULL CHECK (amount > 0),
    state TEXT NOT NULL, -- due, paying, paid, cancelled
    payout BLOB REFERENCES payouts (hash), -- that pays or paid it, or failed to
    refunded INTEGER NOT NULL DEFAULT 0, -- 1: refunded while it was paying
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
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
CREATE TABLE pool_services (
    number TEXT NOT NULL,
    service TEXT NOT NULL,
    -- Loans in a row that ended without a message.
    misses INTEGER NOT NULL,
    used_until INTEGER NOT NULL,
    PRIMARY KEY (number, service)
) STRICT, WITHOUT ROWID;
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
CREATE TABLE phone_seen (
    phone INTEGER NOT NULL,
    key BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (phone, key)
) STRICT, WITHOUT ROWID;
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
CREATE INDEX account_keys_account ON account_keys (account);
CREATE UNIQUE INDEX orders_payment ON orders (payment_hash) WHERE payment_hash IS NOT NULL;
CREATE INDEX orders_check ON orders (check_at) WHERE check_at IS NOT NULL;
CREATE INDEX orders_open ON orders (client, state) WHERE state = 'open';
CREATE INDEX orders_held ON orders (client, paid_at, check_at)
    WHERE paid_at IS NOT NULL AND check_at IS NOT NULL;
CREATE INDEX orders_unpaid ON orders (updated_at) WHERE state = 'cancelled' AND paid_at IS NULL;
CREATE INDEX orders_funding ON orders (account, created_at) WHERE kind = 'fund' AND state = 'settled';
CREATE INDEX messages_receipts ON messages (receipts_until) WHERE recipients > pending + finals;
CREATE INDEX messages_leased ON messages (lease_until) WHERE lease_node IS NOT NULL;
CREATE UNIQUE INDEX messages_order ON messages (order_id);
CREATE INDEX messages_part ON messages (part_carrier, part_id, part_number, part_at)
    WHERE part_carrier IS NOT NULL;
CREATE INDEX messages_listed ON messages (account, state, id) WHERE listed = 1;
CREATE VIEW all_recipients AS
    SELECT message, idx, address, state, reason, code, tried, deferred_attempt, unanswered, attempts,
        price, updated_at
    FROM recipients
    UNION ALL
    SELECT id, 0, address, recipient, reason, code, tried, deferred_attempt, unanswered,
        attempts, 0, updated_at
    FROM messages WHERE address IS NOT NULL;
CREATE INDEX idempotency_keys_age ON idempotency_keys (at);
CREATE INDEX chunks_due ON chunks (lane, account, due_at, message, first_idx)
    WHERE lease_node IS NULL;
CREATE INDEX chunks_valid ON chunks (valid_until) WHERE lease_node IS NULL;
CREATE INDEX chunks_leased ON chunks (due_at) WHERE lease_node IS NOT NULL;
CREATE INDEX submissions_carrier ON submissions (carrier, carrier_id, number, at);
CREATE INDEX parked_receipts_age ON parked_receipts (parked_at);
CREATE INDEX parked_receipts_ordinal ON parked_receipts (carrier, ordinal);
CREATE INDEX event_attempts_event ON event_attempts (event);
CREATE INDEX inbound_sets_key
    ON inbound_sets (carrier, sender, destination, scheme, reference, total, first_at);
CREATE INDEX inbound_sets_waiting ON inbound_sets (carrier, first_at) WHERE joined_at IS NULL;
CREATE INDEX inbound_sets_joined ON inbound_sets (joined_at) WHERE joined_at IS NOT NULL;
CREATE INDEX senders_shared ON senders (name) WHERE shared = 1;
CREATE INDEX contact_lists_unshown ON contact_lists (begun_at) WHERE shown = 0;
CREATE UNIQUE INDEX refunds_key ON refunds (subject, key);
CREATE INDEX refunds_recipient ON refunds (subject, idx, number) WHERE idx IS NOT NULL;
CREATE INDEX audit_log_account ON audit_log (account, id) WHERE account IS NOT NULL;
CREATE INDEX order_keys_order ON order_keys (order_id);
CREATE INDEX order_keys_age ON order_keys (at);
CREATE INDEX orders_unpaid_client ON orders (client, created_at) WHERE paid_at IS NULL;
CREATE INDEX transfers_grants ON transfers (credit, created_at) WHERE kind = 'grant';
CREATE INDEX events_due ON events (delivered, due_at);
CREATE INDEX events_inbound ON events (subject_id) WHERE subject = 'inbound';
CREATE INDEX unread_receipts_carrier ON unread_receipts (carrier, id);
CREATE INDEX inbound_messages_incomplete ON inbound_messages (sender) WHERE missing <> '';
CREATE INDEX inbound_messages_incomplete_age ON inbound_messages (joined_at) WHERE missing <> '';
CREATE VIEW all_submissions AS
    SELECT message, idx, carrier, part, parts, carrier_id, number, attempt, link, state, code, at,
        decided_at, noted, noted_code, noted_at
    FROM submissions
    UNION ALL
    SELECT id, 0, part_carrier, 1, 1, part_id, part_number, part_attempt, part_link, part_state,
        part_code, part_at, part_decided_at, part_noted, part_noted_code, part_noted_at
    FROM messages WHERE part_carrier IS NOT NULL;
CREATE UNIQUE INDEX bulk_messages_first_sms_id ON bulk_messages (first_sms_id)
    WHERE first_sms_id IS NOT NULL;
CREATE INDEX events_account ON events (account, id) WHERE target = 'callback';
CREATE INDEX events_callbacks ON events (subject_id, id) WHERE target = 'callback';
CREATE UNIQUE INDEX sold_keywords_in_use ON sold_keywords (number, word) WHERE ended_at IS NULL;
CREATE INDEX sold_keywords_due ON sold_keywords (paid_until) WHERE ended_at IS NULL;
CREATE INDEX sold_keywords_account ON sold_keywords (account) WHERE ended_at IS NULL;
CREATE INDEX keyword_replies_due ON keyword_replies (at) WHERE done_at IS NULL;
CREATE INDEX keyword_replies_sender ON keyword_replies (keyword, sender, at);
CREATE INDEX keyword_replies_age ON keyword_replies (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX inbound_messages_account ON inbound_messages (account, id) WHERE account IS NOT NULL;
CREATE INDEX lookups_age ON lookups (at);
CREATE UNIQUE INDEX people_number ON people (account, number) WHERE number IS NOT NULL;
CREATE INDEX group_people_person ON group_people (account, person);
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
CREATE INDEX activations_due ON activations (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX activations_leased ON activations (lease_node) WHERE lease_node IS NOT NULL;
CREATE INDEX activations_account ON activations (account, id) WHERE account IS NOT NULL;
CREATE INDEX activations_open ON activations (account, id)
    WHERE account IS NOT NULL AND ended_at IS NULL;
CREATE INDEX activations_extends ON activations (extends) WHERE extends IS NOT NULL;
CREATE INDEX activations_ended ON activations (service, ended_at)
    WHERE ended_at IS NOT NULL AND number IS NOT NULL;
CREATE UNIQUE INDEX activation_messages_key ON activation_messages (activation, key);
CREATE INDEX lent_numbers_activation ON lent_numbers (activation);
CREATE UNIQUE INDEX upstream_loans_reference ON upstream_loans (supplier, reference)
    WHERE reference IS NOT NULL;
CREATE INDEX upstream_loans_over ON upstream_loans (asked_at) WHERE state IN ('asked', 'over');
CREATE INDEX upstream_loans_asked ON upstream_loans (supplier, asked_at) WHERE state = 'asked';
CREATE INDEX upstream_loans_returning ON upstream_loans (supplier, asked_at)
    WHERE state = 'returning';
CREATE INDEX activations_success ON activations (ended_at)
    WHERE ended_at IS NOT NULL AND number IS NOT NULL;
CREATE INDEX orders_numbers ON orders (client, paid_at) WHERE kind = 'receive' AND account IS NULL;
CREATE INDEX referrers_due ON referrers (next_try_at) WHERE stopped_at IS NULL AND due > 0;
CREATE UNIQUE INDEX payouts_attempting ON payouts (address) WHERE state = 'attempting';
CREATE INDEX payouts_check ON payouts (check_at) WHERE check_at IS NOT NULL;
CREATE INDEX payouts_age ON payouts (created_at);
CREATE INDEX referral_shares_due ON referral_shares (address, at) WHERE state = 'due';
CREATE INDEX referral_shares_payout ON referral_shares (payout) WHERE payout IS NOT NULL;
CREATE UNIQUE INDEX pool_loans_open ON pool_loans (number) WHERE number IS NOT NULL AND state <> 'over';
CREATE UNIQUE INDEX pool_loans_open_called ON pool_loans (called)
    WHERE called IS NOT NULL AND state <> 'over';
CREATE INDEX pool_loans_due ON pool_loans (until) WHERE state <> 'over';
CREATE INDEX pool_loans_called ON pool_loans (called, free_at) WHERE called IS NOT NULL;
CREATE INDEX pool_loans_number ON pool_loans (number, free_at) WHERE number IS NOT NULL;
CREATE INDEX pool_messages_due ON pool_messages (line, at) WHERE due = 1;
CREATE UNIQUE INDEX phone_sims_number ON phone_sims (number) WHERE number IS NOT NULL;
CREATE INDEX phone_seen_age ON phone_seen (at);
CREATE INDEX phone_texts_recipient ON phone_texts (message, recipient);
CREATE INDEX phone_texts_open ON phone_texts (phone, sim) WHERE state IN ('waiting', 'fetched');
CREATE INDEX phone_texts_news ON phone_texts (carrier, updated_at) WHERE news = 1;
CREATE INDEX phone_texts_age ON phone_texts (created_at);
CREATE INDEX orders_lost ON orders (updated_at) WHERE state = 'lost';
