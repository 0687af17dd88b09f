//! Limits of every queue and loop, with their reasons. At a limit, requests are refused early.

mod activations;
mod keywords;
mod logins;
mod numbers;
mod payouts;
mod people;
mod phones;
mod pool;
mod query;
mod webhooks;

use std::time::Duration;

use crate::money::Msat;

pub use activations::*;
pub use keywords::*;
pub use logins::*;
pub use numbers::*;
pub use payouts::*;
pub use people::*;
pub use phones::*;
pub use pool::*;
pub use query::*;
pub use webhooks::*;

/// Characters in the message of a send or e-mail order (contract of the orders door).
pub const ORDER_TEXT_CHARS_MAX: usize = 140;

/// Recipients in one chunk of queued work: large enough that 2,000,000 recipients are 2,000 rows, small enough that a
/// lost lease repeats little.
pub const CHUNK_RECIPIENTS_MAX: u32 = 1_000;

/// Recipients in one message (contract of the bulk door).
pub const MESSAGE_RECIPIENTS_MAX: u32 = 2_000_000;

/// Characters in the text of a bulk message (contract of the bulk door).
pub const BULK_TEXT_CHARS_MAX: usize = 1_000;

/// Body of a request to the bulk door: 2,000,000 numbers of up to 16 characters with quotes, commas and white space, and
/// the other fields.
pub const BULK_BODY_BYTES_MAX: usize = 64 * 1_024 * 1_024;

/// Requests with large bodies read concurrently: each may take 40 MB of memory.
pub const BULK_BODIES_READ_MAX: u32 = 4;

/// Concurrent large bodies per account, so that one slow sender does not occupy all slots.
pub const BULK_BODIES_READ_PER_ACCOUNT_MAX: u32 = 2;

/// Time limit of a large body; some data must arrive every ten seconds.
pub const BULK_READ_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// Least rate of a large body, of a campaign or a file, on average: slower ones are refused. A mobile network brings
/// ten times as much.
pub const UPLOAD_BYTES_PER_SECOND_MIN: u64 = 16 * 1_024;

/// A body of a campaign that arrives slower than this loses its slot to an account that waits for one: a fast line
/// sends 2,000,000 numbers in 3 minutes at this rate.
pub const UPLOAD_BYTES_PER_SECOND_FAIR: u64 = 192 * 1_024;

/// Time before a body's rate is judged: a connection may begin slowly.
pub const UPLOAD_GRACE: Duration = Duration::from_secs(10);

/// Placeholders in one text, and variables for them.
pub const TEMPLATE_VARIABLES_MAX: usize = 1_000;

/// Recipients on one page.
pub const RECIPIENTS_PAGE_MAX: u32 = 1_000;

/// Recipients scanned for one page; a page of a rare state may therefore be short.
pub const RECIPIENTS_LOOKED_AT_MAX: u32 = 20_000;

/// Messages on one page.
pub const MESSAGES_PAGE_MAX: u32 = 100;

/// How far ahead a bulk message may be scheduled.
pub const SCHEDULE_AHEAD_MAX: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// How long after their start bulk messages are submitted.
pub const BULK_VALIDITY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long after their start receipts of bulk messages are awaited; carriers attempt delivery for up to three days.
pub const BULK_RECEIPTS_WITHIN: Duration = Duration::from_secs(4 * 24 * 60 * 60);

/// Characters in an `Idempotency-Key`, and how long one is remembered.
pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 255;
pub const IDEMPOTENCY_KEY_AGE_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Commands queued for the store's writer. A full queue means that the disk is the bottleneck; callers wait, and the
/// doors stop reading.
pub const STORE_QUEUE_MAX: usize = 8_192;

/// Commands in one commit, which bounds the latency of the first.
pub const STORE_COMMIT_COMMANDS_MAX: usize = 1_000;

/// Orders paid from credit that are stored in one call: large enough to share its cost, small enough for a low latency.
pub const ACCEPT_BATCH_MAX: usize = 512;

/// Orders paid from credit that are queued for storing. More are refused, because they would wait for seconds.
pub const ACCEPT_QUEUE_MAX: usize = 8_192;

/// Outcomes queued for recording. Together with the links' windows this bounds what a crash repeats.
pub const OUTCOME_QUEUE_MAX: usize = 4_096;

/// Outcomes recorded in one commit.
pub const OUTCOME_FLUSH_MAX: usize = 1_000;

/// Chunks that one node processes concurrently: enough single messages to fill the fastest carriers' windows at a high
/// latency.
pub const CHUNKS_IN_WORK_MAX: usize = 4_096;

/// Recipients of those chunks in memory: twice the windows of all carriers, and one flush.
pub const RECIPIENTS_IN_WORK_MAX: usize = 8_192;

/// Carriers of one route.
pub const ROUTE_CARRIERS_MAX: usize = 64;

/// Submissions of one message that no carrier accepted, unless its route sets another limit: more than 90 minutes at a
/// carrier that always throttles.
pub const HAND_OVERS_MAX: u32 = 100;

/// Receipts recorded in one commit.
pub const RECEIPT_FLUSH_MAX: usize = 1_000;

/// Above this number of queued receipts no chunk of the bulk lane is claimed, so that other receipts, especially of
/// one-time passwords, are not delayed further.
pub const RECEIPTS_BEFORE_BULK_MAX: usize = RECEIPT_FLUSH_MAX / 2;

/// Calls with receipts queued for recording, of one kind. When it is full, the carriers' sessions wait, and so do the
/// carriers.
pub const RECEIPT_QUEUE_MAX: usize = 4_096;

/// Receipts and inbound messages of all SMPP carriers that are read and not yet stored: some seconds of a fast store.
/// When it is full, links are not read, and the carriers wait.
pub const INBOUND_QUEUE_BYTES_MAX: usize = 32 * 1_024 * 1_024;

/// When the store has committed nothing for this long, receipts and inbound messages are refused, so that carriers keep
/// them. Some carriers never repeat what was refused, so it is far longer than a slow disk or a failover takes.
pub const STORE_STALL_MAX: Duration = Duration::from_secs(60);

/// How long a receipt waits in memory for the outcomes that were queued before it.
pub const OUTCOMES_BEFORE_RECEIPTS_MAX: Duration = Duration::from_secs(1);

/// How long a receipt without a known submission waits in memory after that: its response may come on another link, or
/// its outcome with the last part of the message.
pub const EARLY_RECEIPT_WAIT: Duration = Duration::from_millis(200);

/// Carriers' ids of single messages that are remembered, so that their receipts are recorded before those of campaigns:
/// some seconds of a fast carrier, and a few megabytes.
pub const SINGLE_IDS_MAX: usize = 32_768;

/// Longest time that a message waits for its next attempt, except for quiet hours, a start or a lease; and an order for its
/// next comparison with the node. What is due later was put off while the clock was ahead, and is due at once.
pub const DEFERRAL_MAX: Duration = Duration::from_secs(7 * 60);

/// Bounds of a chunk's lease. It is renewed four times in its duration; a dead node's chunks wait for its end.
pub const NODE_LEASE_MIN: Duration = Duration::from_secs(4);
pub const NODE_LEASE_MAX: Duration = Duration::from_secs(600);

/// How long a chunk is reserved for the node that has the links to its carrier.
pub const LINK_ELSEWHERE_WAIT: Duration = Duration::from_secs(5);

/// How often a node reads what the operator requested of its links: an operator waits for it.
pub const LINK_REQUEST_POLL: Duration = Duration::from_secs(1);

/// A node reports its links when they change, and this often if they do not, so that a report that is much
/// older is of a node that is gone.
pub const LINK_REPORT_EVERY: Duration = Duration::from_secs(30);

/// Minimum interval between notifications of one kind by one node. The server serializes them; other nodes find
/// unnotified work in their polling rounds.
pub const NOTIFY_EVERY: Duration = Duration::from_millis(50);

/// A claimed chunk without an outcome for this long is released: its outcomes were lost.
pub const CHUNK_STALL_MAX: Duration = Duration::from_secs(60 * 60);

/// Unpaid orders in total. Each is an invoice at the node.
pub const ORDERS_OPEN_MAX: u64 = 10_000;

/// Of these, kept for callers with a key and for this machine, so that strangers cannot take all.
pub const ORDERS_OPEN_RESERVED: u64 = ORDERS_OPEN_MAX / 5;

/// Unpaid orders per client: an account's key, or the address of a caller without a key. An IPv4 /24 and an IPv6 /48 have
/// four times as many, an IPv6 /56 twice.
pub const ORDERS_OPEN_PER_CLIENT_MAX: u64 = 100;

/// Concurrent held payments per client, because a hold costs its payer nothing. Networks have as many times more as for
/// unpaid orders.
pub const ORDERS_HELD_PER_CLIENT_MAX: u64 = 50;

/// Sum of concurrent held payments per client, and in total: what is held blocks the capacity of our channels and of
/// those on the way. Fundings do not count: each is settled at once.
pub const HELD_PER_CLIENT_MAX_SATS: i64 = 10 * HOLD_MAX_SATS;
pub const HELD_MAX_SATS: i64 = 10 * HELD_PER_CLIENT_MAX_SATS;

/// Percentage of the held payments that the node may have for strangers.
pub const ORDERS_HELD_BY_STRANGERS_PERCENT: u32 = 80;

/// Default of the orders per client and day that nobody paid: each leaves a row for days.
pub const ORDERS_UNPAID_PER_DAY_MAX: u64 = 2_000;

/// Default retention of orders that nobody paid.
pub const UNPAID_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Calls of webhooks that tell the end of unpaid orders: in progress in total, for one client and to one host, and begun
/// per minute for one client and to one host. Such orders are free, so that a stranger could call anybody by them.
pub const UNPAID_ENDS_IN_FLIGHT_MAX: u32 = 32;
pub const UNPAID_ENDS_PER_CLIENT_IN_FLIGHT_MAX: u32 = 4;
pub const UNPAID_ENDS_PER_HOST_IN_FLIGHT_MAX: u32 = 2;
pub const UNPAID_ENDS_PER_MINUTE_MAX: u32 = 100;

/// Smallest hold: Lightning cannot enforce smaller amounts (dust) on chain.
pub const HOLD_MIN_SATS: i64 = 100;

/// Largest hold: more would block too much of other nodes' channel capacity.
pub const HOLD_MAX_SATS: i64 = 100_000;

/// Default time to pay an invoice; unpaid ones free their slot after it. And its bounds: a payment takes a minute at
/// least, and nobody should pay a price of yesterday.
pub const PAY_WITHIN: Duration = Duration::from_secs(10 * 60);
pub const PAY_WITHIN_MIN: Duration = Duration::from_secs(60);
pub const PAY_WITHIN_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Default bounds of a funding: it is settled as soon as it is held, so that it blocks nobody's capacity.
pub const FUND_MIN_SATS: i64 = 1;
pub const FUND_MAX_SATS: i64 = 10_000_000;

/// How long a text's receipt is awaited before its order is decided without one, by default; and its bounds: receipts
/// take minutes, and a payment should not be held for more than a day.
pub const RECEIPT_WAIT: Duration = Duration::from_secs(4 * 60 * 60);
pub const RECEIPT_WAIT_MIN: Duration = Duration::from_secs(10 * 60);
pub const RECEIPT_WAIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// How long receipts are awaited of a message whose order was settled without one: carriers attempt delivery for up to
/// three days.
pub const LATE_RECEIPTS_WITHIN: Duration = Duration::from_secs(4 * 24 * 60 * 60);

/// Default number of parts that the price of one text order buys.
pub const ORDER_PARTS_MAX: u8 = 3;

/// Orders compared with the node in one round.
pub const ORDER_CHECKS_MAX: u32 = 200;

/// Hourly caps of an account, each counted for every message.
pub const HOURLY_CAPS_MAX: usize = 100;

/// Length of a customer's URL, in its normal form.
pub const URL_CHARS_MAX: usize = 2_048;

/// Length of a URL that is called: a customer's, and the parameters of a callback, with a text of 1,000 characters of twelve
/// bytes each.
pub const CALLED_URL_CHARS_MAX: usize = 16 * 1_024;

/// Body of a request to the orders door: a message of 140 characters and a few fields.
pub const ORDER_BODY_BYTES_MAX: usize = 64 * 1_024;

/// Time limit for receiving a request; slower clients would occupy a connection.
pub const REQUEST_READ_TIMEOUT: Duration = Duration::from_secs(10);

/// How long receipts without a known submission are kept.
pub const PARKED_RECEIPT_AGE_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A receipt that arrived before its submission was recorded is applied within this time; an older one belongs to an
/// earlier use of the same id.
pub const EARLY_RECEIPT_AGE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// References of long texts remembered, so that two to the same number differ; a few megabytes.
pub const REFERENCES_MAX: usize = 50_000;

/// Attempts without a response; further ones would only send more copies.
pub const NO_ANSWERS_MAX: u32 = 3;

/// Rows of the log of attempts that delivered no event: some 100 bytes each, so 100 MB. A receiver that
/// is down for a day costs 12 of them for each event; beyond this the oldest are deleted first.
pub const EVENT_ATTEMPTS_MAX: u32 = 1_000_000;

/// Retention of orders that were never paid, of ended events, and of the log of their attempts.
pub const FORGET_AFTER: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How long a stopping process waits for open windows and responses.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// How long the parts of an inbound message wait for missing ones. A phone that lost its network between two parts sends
/// the rest within minutes or never.
pub const INBOUND_JOIN_MAX: Duration = Duration::from_secs(10 * 60);

/// A carrier that missed our response repeats a part within this time: after the next bind, or after its own timeout.
pub const INBOUND_REPEAT_MAX: Duration = Duration::from_secs(10 * 60);

/// Waiting parts per carrier. Above it the oldest are reported incomplete, so that a flood of first parts does not fill
/// the disk.
pub const INBOUND_PARTS_WAITING_MAX: u32 = 10_000;

/// Waiting parts per sender, so that one phone does not take the room of a carrier's others.
pub const INBOUND_PARTS_WAITING_PER_SENDER_MAX: u32 = 256;

/// Incomplete messages that are kept of a sender; more are dropped. A phone that loses parts now and then has few.
pub const INBOUND_INCOMPLETE_PER_SENDER_MAX: u32 = 100;

/// Incomplete messages reported in one change.
pub const INBOUND_JOINED_MAX: u32 = 500;

/// A response to a carrier that took longer may have missed the carrier's timeout.
pub const INBOUND_ANSWER_LATE: Duration = Duration::from_secs(5);

/// Numbers of ours, which every node keeps in memory.
pub const NUMBERS_MAX: u32 = 100_000;

/// Sender names, templates and contact groups per account.
pub const SENDERS_PER_ACCOUNT_MAX: u32 = 1_000;
pub const TEMPLATES_PER_ACCOUNT_MAX: u32 = 10_000;
pub const GROUPS_PER_ACCOUNT_MAX: u32 = 10_000;

/// Numbers in one contact group: as many as one message may have.
pub const GROUP_CONTACTS_MAX: u32 = MESSAGE_RECIPIENTS_MAX;

/// Contacts stored in one change: 0.1 s of the store's writer, for which others wait.
pub const CONTACTS_BATCH_MAX: usize = 2_000;

/// Size of a contacts file: 2,000,000 lines of a number, a name and a few fields.
pub const CONTACTS_BYTES_MAX: u64 = 512 * 1_024 * 1_024;

/// Rows per read when a whole group or the blocklist is scanned.
pub const DIRECTORY_PAGE_ROWS: u32 = 10_000;

/// Numbers blocked or unblocked in one change.
pub const BLOCKS_BATCH_MAX: usize = 2_000;

/// Prices by prefix per account, or of the default list: a tariff is built from both for every campaign.
pub const PRICES_PER_LIST_MAX: u32 = 20_000;

/// Prices in one request of an operator.
pub const PRICES_BATCH_MAX: usize = 1_000;

/// Highest price that can be set: one bitcoin. A higher one is a typing mistake.
pub const PRICE_MAX: Msat = Msat::new(100_000_000_000);

/// Most credit that an operator may have given in all: 21 million bitcoins, the supply of money. It keeps every sum far
/// from the bounds of its integers.
pub const CREDIT_GIVEN_MAX: Msat = Msat::new(2_100_000_000_000_000_000);

/// Characters in a note that says why something was done by hand.
pub const NOTE_CHARS_MAX: usize = 200;

/// Entries on one page of the admin door.
pub const ADMIN_PAGE_MAX: u32 = 500;

/// Messages or recipients scanned in one call of a search without an index; a message counts as five recipients. It
/// takes 0.1 to 0.4 s of one read connection; a message of 2,000,000 recipients takes twenty calls.
pub const SEARCH_LOOKED_AT_MAX: u32 = 100_000;

/// Characters of a text that are kept as the proof of an opt-out: enough for any such request, and no store for texts.
pub const PROOF_TEXT_CHARS_MAX: usize = 500;

/// Octets that are kept of the text, and of the parameters, of a receipt that cannot be read: more than any receipt has.
pub const UNREAD_RECEIPT_OCTETS_MAX: usize = 1_024;

/// Receipts that cannot be read, kept for each carrier; the newest show how it writes them.
pub const UNREAD_RECEIPTS_MAX: u32 = 1_000;

/// Failed tries of a recipient that are kept: the first ones and the last.
pub const TRIES_KEPT_MAX: u32 = 20;

/// Chunks that the backlog is counted from, the oldest first, and webhook calls: a scrape of the metrics reads no more
/// rows than these, however long the queue is.
pub const BACKLOG_COUNTED_MAX: u32 = 100_000;

/// How long a count of the backlog is shown.
pub const BACKLOG_AGE_MAX: Duration = Duration::from_secs(5);

/// Traces on one page: each takes several reads.
pub const TRACES_PAGE_MAX: u32 = 100;
