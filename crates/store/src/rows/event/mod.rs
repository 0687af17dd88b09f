//! Events: what is reported to customers, and how far their delivery is.
//!
//! An event belongs to an order, to a campaign, or to a message that was received, and keeps a snapshot of
//! it. Its public id is derived from its subject and number, so a change that is computed twice creates
//! the same event. The events of an order or campaign are delivered one after another: an event whose predecessor has
//! not ended is never due, and the predecessor's row names it as its `next`. The change that ends an
//! event makes the next one due. Callbacks have no order: each is due at once.
//!
//! The attempt that delivered an event is stored in columns of its row; every other attempt is a row
//! of `event_attempts`.

mod add;
mod attempts;
mod callback;
mod campaign;
mod claim;
mod record;
mod replay;

use domain::event::{Target, TargetKind};
use domain::ports::PortError;
use domain::secret::Secret;
use domain::time::Timestamp;
use ring::digest::{SHA256, digest};
use uuid::{Builder, Uuid};

use crate::tx::{Result, Tx, params};

pub(crate) use add::{NewEvent, add, add_inbound};
pub(crate) use attempts::attempts_of;
pub(crate) use callback::{NewCallback, add_callbacks};
pub(crate) use campaign::{CampaignReport, add_reports};
pub(crate) use claim::{claim, release};
pub(crate) use record::record;
pub(crate) use replay::replay;

/// Vault column of secrets that are sealed with an event. Events of an order use the order's.
const EVENT_SECRET: &str = "events.secret";

/// `due_at` while an earlier event blocks it.
pub(crate) const NEVER: Timestamp = Timestamp::from_millis(i64::MAX);

/// UUID v7 (RFC 9562 §5.7) whose random bits are a hash. Receivers know an event by it.
pub(crate) fn public_id(subject: &[u8], number: u32, at: Timestamp) -> Uuid {
    let hash = digest(&SHA256, &[subject, &number.to_be_bytes()].concat());
    let mut bits = [0; 10];
    bits.iter_mut().zip(hash.as_ref()).for_each(|(bit, byte)| *bit = *byte);
    let millis = u64::try_from(at.as_millis()).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &bits).into_uuid()
}

fn unwritable(_: serde_json::Error) -> PortError {
    PortError::Refused("an event could not be written".to_owned())
}

/// The target of a row; its secret is sealed in `column` for `subject`.
fn target(
    tx: &impl Tx,
    kind: TargetKind,
    url: String,
    (column, subject, sealed): (&str, &[u8], Option<&[u8]>),
) -> Result<Target> {
    match (kind, sealed) {
        (TargetKind::Webhook, Some(sealed)) => {
            let opened = tx.vault().open(column, subject, sealed)?;
            let secret = Secret::new(String::from_utf8_lossy(&opened));
            Ok(Target::Webhook { url, secret })
        }
        (TargetKind::Webhook, None) => {
            Err(PortError::Refused("an event without the secret that signs it".to_owned()))
        }
        (TargetKind::Callback, _) => Ok(Target::Callback { url }),
    }
}

/// Deletes at most `limit` events that ended before `before`, and as many attempts from then or
/// earlier; returns the number of rows.
pub(crate) async fn forget(tx: &mut impl Tx, before: Timestamp, limit: u32) -> Result<u64> {
    let events = tx
        .execute(
            "DELETE FROM events WHERE id IN (
                 SELECT id FROM events WHERE delivered IN (0, 1) AND due_at < ?1 LIMIT ?2
             )",
            params![before.after(domain::limits::FORGET_AFTER), limit],
        )
        .await?;
    Ok(events + attempts::forget(tx, before, limit).await?)
}
