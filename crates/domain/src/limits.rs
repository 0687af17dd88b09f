//! A bound for every queue and every loop, with its reason. When one is reached the answer is an
//! early, true refusal.

use std::time::Duration;

/// Characters in the message of a send or e-mail order (contract of the orders door).
pub const ORDER_TEXT_CHARS_MAX: usize = 140;

/// Recipients in one chunk of queued work: large enough that two million recipients are two
/// thousand rows, small enough that a lost lease repeats little.
pub const CHUNK_RECIPIENTS_MAX: u32 = 1_000;

/// Recipients in one message (contract of the bulk door).
pub const MESSAGE_RECIPIENTS_MAX: u32 = 2_000_000;

/// Characters in the text of a bulk message (contract of the bulk door).
pub const BULK_TEXT_CHARS_MAX: usize = 1_000;

/// Body of a request to the bulk door: two million numbers of up to 16 characters with their quotes,
/// commas and some white space, and the rest.
pub const BULK_BODY_BYTES_MAX: usize = 64 * 1_024 * 1_024;

/// Requests with large bodies read at a time: each may hold some 40 MB of numbers.
pub const BULK_BODIES_READ_MAX: u32 = 4;

/// Of one account: nobody takes all the places by sending slowly.
pub const BULK_BODIES_READ_PER_ACCOUNT_MAX: u32 = 2;

/// A large body must have arrived by then, and something of it every ten seconds.
pub const BULK_READ_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// Placeholders in one text, and variables given for them.
pub const TEMPLATE_VARIABLES_MAX: usize = 1_000;

/// Recipients on one page.
pub const RECIPIENTS_PAGE_MAX: u32 = 1_000;

/// Recipients looked at for one page: a page of a rare state may be short, and goes on.
pub const RECIPIENTS_LOOKED_AT_MAX: u32 = 20_000;

/// Messages on one page.
pub const MESSAGES_PAGE_MAX: u32 = 100;

/// A bulk message may start this far ahead.
pub const SCHEDULE_AHEAD_MAX: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Bulk messages are worth handing over for this long after their start.
pub const BULK_VALIDITY: Duration = Duration::from_secs(24 * 60 * 60);

/// Receipts of bulk messages are waited for this long after their start: carriers try for up to
/// three days.
pub const BULK_RECEIPTS_WITHIN: Duration = Duration::from_secs(4 * 24 * 60 * 60);

/// Characters in an `Idempotency-Key`, and how long one is remembered.
pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 255;
pub const IDEMPOTENCY_KEY_AGE_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Commands waiting for the store's writer. A full queue means the disk is the bottleneck; callers
/// wait, and the doors stop reading.
pub const STORE_QUEUE_MAX: usize = 8_192;

/// Commands in one commit: bounds how long the first of them waits for the last.
pub const STORE_COMMIT_COMMANDS_MAX: usize = 1_000;

/// Orders paid from credit stored in one call: many share the work of one, and the last of them is
/// not kept long.
pub const ACCEPT_BATCH_MAX: usize = 512;

/// Orders paid from credit that wait for their call. More are refused: they would wait for seconds.
pub const ACCEPT_QUEUE_MAX: usize = 8_192;

/// Outcomes waiting to be recorded. With the links' windows this bounds what a crash repeats.
pub const OUTCOME_QUEUE_MAX: usize = 4_096;

/// Outcomes recorded in one commit ("one flush").
pub const OUTCOME_FLUSH_MAX: usize = 1_000;

/// Chunks one node works on at a time: single messages, so that the fastest carriers' windows are
/// full over a long line.
pub const CHUNKS_IN_WORK_MAX: usize = 4_096;

/// Recipients in those chunks, which is what is in memory: the windows of all carriers twice, and a
/// flush.
pub const RECIPIENTS_IN_WORK_MAX: usize = 8_192;

/// Carriers of one route.
pub const ROUTE_CARRIERS_MAX: usize = 64;

/// Hand-overs of one message that no carrier took, unless its route says otherwise: a good hour and a
/// half of a carrier that always asks for patience.
pub const HAND_OVERS_MAX: u32 = 100;

/// Receipts recorded in one commit.
pub const RECEIPT_FLUSH_MAX: usize = 1_000;

/// While more receipts than this wait for the store, nothing of the bulk lane is claimed: what carriers
/// would take meanwhile only makes the receipts of everybody else, of codes above all, wait longer.
pub const RECEIPTS_BEFORE_BULK_MAX: usize = RECEIPT_FLUSH_MAX / 2;

/// Receipts waiting to be recorded. Full, the carriers' sessions wait, and so do the carriers.
pub const RECEIPT_QUEUE_MAX: usize = 4_096;

/// What a chunk's lease may be at least and at most: it is renewed four times in its time, and what a
/// dead node had waits for its end.
pub const NODE_LEASE_MIN: Duration = Duration::from_secs(4);
pub const NODE_LEASE_MAX: Duration = Duration::from_secs(600);

/// For so long a chunk whose carrier is linked at another node is left to that one alone.
pub const LINK_ELSEWHERE_WAIT: Duration = Duration::from_secs(5);

/// Notifications of one kind by one node: no more often. They take turns on the server, and what is
/// not told is found by the others' own rounds.
pub const NOTIFY_EVERY: Duration = Duration::from_millis(50);

/// A claimed chunk without any outcome for this long is let go: its outcomes were lost.
pub const CHUNK_STALL_MAX: Duration = Duration::from_secs(60 * 60);

/// Orders that may wait unpaid in all. Each costs the node an invoice.
pub const ORDERS_OPEN_MAX: u64 = 10_000;

/// Of those, one client's: an account's key, or the network of a caller without one.
pub const ORDERS_OPEN_PER_CLIENT_MAX: u64 = 100;

/// Payments one client may have held at a time. A hold costs its owner nothing while it waits.
pub const ORDERS_HELD_PER_CLIENT_MAX: u64 = 50;

/// A hold below this is not worth a slot at the node; Lightning cannot enforce dust on chain.
pub const HOLD_MIN_SATS: i64 = 100;

/// A hold above this ties up too much of other people's channels.
pub const HOLD_MAX_SATS: i64 = 100_000;

/// Time to pay an invoice; unpaid ones free their place after it.
pub const PAY_WITHIN: Duration = Duration::from_secs(10 * 60);

/// Orders compared with the node in one round.
pub const ORDER_CHECKS_MAX: u32 = 200;

/// Webhook calls under way at a time, over all customers: each is a connection, some 20 KiB. By
/// Little's law a receiver that answers in 100 ms gets 1,280 calls a second of its half.
pub const WEBHOOKS_IN_FLIGHT_MAX: usize = 256;

/// Of those, calls to one host that answers at once.
pub const WEBHOOKS_PER_HOST_MAX: usize = WEBHOOKS_IN_FLIGHT_MAX / 2;

/// Of those, calls to a host that nothing is known of. Each quick answer adds one.
pub const WEBHOOKS_PER_NEW_HOST: usize = 16;

/// Of those, calls to a host whose last one got no answer, so that it holds up no other.
pub const WEBHOOKS_PER_SILENT_HOST_MAX: usize = 2;

/// Calls in memory, waiting and under way; the others wait in the store. Some 2 KiB each.
pub const WEBHOOKS_IN_MEMORY_MAX: usize = 4_096;

/// Above so many in memory, new ones are not handed over but wait in the store, so that there is room
/// for what waits there already.
pub const WEBHOOKS_HANDED_OVER_MAX: usize = WEBHOOKS_IN_MEMORY_MAX / 2;

/// Of those in memory, calls to one host: the others have room at any time.
pub const WEBHOOKS_WAITING_PER_HOST_MAX: usize = WEBHOOKS_IN_MEMORY_MAX / 2;

/// Of those, to a host that does not answer.
pub const WEBHOOKS_WAITING_PER_SILENT_HOST_MAX: usize = 16;

/// Silent hosts remembered while no call to them is under way.
pub const WEBHOOK_SILENT_HOSTS_MAX: usize = 10_000;

/// How long a webhook receiver may take.
pub const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(10);

/// Of a webhook receiver's answer nothing but the status is used.
pub const WEBHOOK_ANSWER_BYTES_MAX: usize = 4 * 1_024;

/// Length of a URL a customer gives.
pub const URL_CHARS_MAX: usize = 2_048;

/// Body of a request to the orders door: a message of 140 characters and a few fields.
pub const ORDER_BODY_BYTES_MAX: usize = 64 * 1_024;

/// A client must have sent its request by then; slower ones hold a connection for nothing.
pub const REQUEST_READ_TIMEOUT: Duration = Duration::from_secs(10);

/// Receipts for submissions not (yet) known are kept this long.
pub const PARKED_RECEIPT_AGE_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A receipt that came before its submission was recorded is applied to it within this time; an
/// older one belongs to an earlier use of the same id.
pub const EARLY_RECEIPT_AGE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// References of long texts remembered, so that two to one number differ: some megabytes.
pub const REFERENCES_MAX: usize = 50_000;

/// Handing over again after so many silences would only send more copies.
pub const NO_ANSWERS_MAX: u32 = 3;

/// What was never paid, and calls that were made, are kept this long for those who ask.
pub const FORGET_AFTER: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What a stopping process waits for open windows and answers.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// How long the parts of a message that came in wait for those that are missing. A phone that lost
/// its network between two parts sends the rest within some minutes, or never.
pub const INBOUND_JOIN_MAX: Duration = Duration::from_secs(10 * 60);

/// A carrier that missed our answer sends a part again within this time: once it is bound again, or
/// when its own wait for the answer is over.
pub const INBOUND_REPEAT_MAX: Duration = Duration::from_secs(10 * 60);

/// Parts of one carrier that wait for others. Above this the oldest are told incomplete: whoever
/// floods us with first parts fills no disk.
pub const INBOUND_PARTS_WAITING_MAX: u32 = 10_000;

/// Incomplete messages told in one change.
pub const INBOUND_JOINED_MAX: u32 = 500;

/// An answer to a carrier that took longer may have come after it gave up waiting.
pub const INBOUND_ANSWER_LATE: Duration = Duration::from_secs(5);

/// Sender names of one account, and templates and contact groups that it keeps. They are listed whole
/// or by pages; nobody works with more.
pub const SENDERS_PER_ACCOUNT_MAX: u32 = 1_000;
pub const TEMPLATES_PER_ACCOUNT_MAX: u32 = 10_000;
pub const GROUPS_PER_ACCOUNT_MAX: u32 = 10_000;

/// Numbers in one contact group: all of them fit into one message.
pub const GROUP_CONTACTS_MAX: u32 = MESSAGE_RECIPIENTS_MAX;

/// Contacts stored in one change: some 0.1 s of the store's writer, for which others wait.
pub const CONTACTS_BATCH_MAX: usize = 2_000;

/// A file of contacts: two million lines of a number, a name and a few fields.
pub const CONTACTS_BYTES_MAX: u64 = 512 * 1_024 * 1_024;

/// Rows that are read at a time when a whole group or the blocklist is looked through.
pub const DIRECTORY_PAGE_ROWS: u32 = 10_000;

/// Numbers that are blocked or freed in one change.
pub const BLOCKS_BATCH_MAX: usize = 2_000;

/// Prices by prefix of one account, or of all: a tariff is made of both for every message to many.
pub const PRICES_PER_LIST_MAX: u32 = 20_000;

/// Things on one page of what operators look at.
pub const ADMIN_PAGE_MAX: u32 = 500;

/// Messages, or recipients, looked at in one call of a search that no index answers; among recipients
/// a message counts as five. Some 0.1 to 0.4 s of one connection that reads; a message of two million is
/// looked through in twenty calls.
pub const SEARCH_LOOKED_AT_MAX: u32 = 100_000;
