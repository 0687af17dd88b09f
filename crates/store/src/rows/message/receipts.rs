//! Records receipts; [`domain::message::receipt`] decides which part a receipt is for, and its
//! effect.

use std::collections::BTreeSet;

use domain::inbound::InboundPart;
use domain::message::parts::Part;
use domain::message::receipt::{PartReceipt, ReceiptEffect, ReceiptMatch};
use domain::number::Msisdn;
use domain::ports::{Lease, Receipt, Recorded};
use domain::time::Timestamp;

use super::apply::apply;
use super::match_receipts::{Matched, ReceiptKey, match_receipts};
use super::message_lock;
use super::parked_receipts::park;
use super::recipients::{self, RecipientKey};
use super::submissions::{PartKey, ReceiptUpdates};
use crate::tx::{AdvisoryLock, Result, Tx};

pub(crate) async fn record_receipts(
    tx: &mut impl Tx,
    receipts: &[Receipt],
    now: Timestamp,
    event_lease: Option<&Lease>,
) -> Result<Recorded> {
    if receipts.is_empty() {
        return Ok(Recorded::default());
    }
    let keys: Vec<_> = receipts.iter().map(receipt_key).collect();
    let mut matches = match_receipts(tx, &keys, now).await?;
    let (parked, ambiguous) = park_unmatched(tx, receipts, &keys, &mut matches, now).await?;
    let recorded = record_matched(tx, receipts, &matches, now, event_lease).await?;
    Ok(Recorded { parked, ambiguous, ..recorded })
}

/// Records the receipts with a unique submission, and returns the indices of those that
/// [`record_receipts`] would park. It takes no lock on carriers, so it delays no outcomes.
pub(crate) async fn record_matched_receipts(
    tx: &mut impl Tx,
    receipts: &[Receipt],
    now: Timestamp,
    event_lease: Option<&Lease>,
) -> Result<(Recorded, Vec<usize>)> {
    let keys: Vec<_> = receipts.iter().map(receipt_key).collect();
    let mut matches = match_receipts(tx, &keys, now).await?;
    let is_parked = |at: &usize| matches[*at].is_parked(receipts[*at].state);
    let unmatched: Vec<_> = (0..receipts.len()).filter(is_parked).collect();
    // Not a message yet: its submission may be recorded soon.
    unmatched.iter().for_each(|at| matches[*at] = Matched::Unknown);
    Ok((record_matched(tx, receipts, &matches, now, event_lease).await?, unmatched))
}

async fn record_matched(
    tx: &mut impl Tx,
    receipts: &[Receipt],
    matches: &[Matched],
    now: Timestamp,
    event_lease: Option<&Lease>,
) -> Result<Recorded> {
    let matched: BTreeSet<RecipientKey> = matches.iter().filter_map(recipient_of).collect();
    let mut messages = message_lock::lock(tx, matched.iter().map(|(message, _)| *message)).await?;
    let mut recipients = recipients::load(tx, &messages, matched).await?;
    let (mut updates, mut receipt_waits) = (ReceiptUpdates::default(), Vec::new());
    for (receipt, matched) in receipts.iter().zip(matches) {
        let ReceiptMatch::One((key, named)) = matched else { continue };
        let Some(recipient) = recipients.get_mut(key) else { continue };
        let carrier = &receipt.carrier;
        let said = PartReceipt { state: receipt.state, code: receipt.code.clone(), at: receipt.at };
        for part in recipient.delivery.parts_of_receipt(carrier, named, receipt.scope) {
            let effect = recipient.delivery.record_receipt(carrier, part, &said);
            if let ReceiptEffect::Decided(_) = effect {
                let is = |taken: &&Part| taken.carrier == *carrier && taken.part == part;
                let taken = recipient.delivery.parts.iter().find(is);
                receipt_waits.extend(taken.map(|taken| now.since(taken.at)));
            }
            let part = PartKey { recipient: *key, carrier, part };
            updates.add(recipient, effect, part, said.clone());
        }
        recipient.delivery.apply_parts();
    }
    updates.store(tx).await?;
    let recorded = apply(tx, &mut messages, &recipients, now, event_lease).await?;
    let messages = inbound_messages(receipts, matches);
    Ok(Recorded { contradictory: updates.contradictory, receipt_waits, messages, ..recorded })
}

fn receipt_key(receipt: &Receipt) -> ReceiptKey<'_> {
    ReceiptKey {
        carrier: &receipt.carrier,
        id: &receipt.carrier_id,
        number: receipt.to.map(Msisdn::digits),
        unmarked: receipt.unmarked.as_ref().map(|_| receipt.swapped().map(Msisdn::digits)),
        scope: receipt.scope,
    }
}

fn recipient_of(matched: &Matched) -> Option<RecipientKey> {
    if let ReceiptMatch::One((key, _)) = matched { Some(*key) } else { None }
}

fn inbound_messages(receipts: &[Receipt], matches: &[Matched]) -> Vec<InboundPart> {
    let others =
        receipts.iter().zip(matches).filter(|(_, matched)| **matched == Matched::OtherNumbers);
    others.filter_map(|(receipt, _)| receipt.unmarked.as_deref().cloned()).collect()
}

/// Parks the receipts without a unique submission. Returns how many of them are unmatched, and how
/// many ambiguous.
async fn park_unmatched(
    tx: &mut impl Tx,
    receipts: &[Receipt],
    keys: &[ReceiptKey<'_>],
    matches: &mut [Matched],
    now: Timestamp,
) -> Result<(u32, u32)> {
    let is_parked = |matches: &[Matched], at: &usize| matches[*at].is_parked(receipts[*at].state);
    let unmatched: Vec<_> = (0..receipts.len()).filter(|at| is_parked(matches, at)).collect();
    if unmatched.is_empty() {
        return Ok((0, 0));
    }
    let carriers: BTreeSet<_> = unmatched.iter().map(|at| keys[*at].carrier).collect();
    for carrier in carriers {
        tx.lock(AdvisoryLock::Park(carrier.as_str())).await?;
    }
    // From here on no submission of these carriers is stored; those stored meanwhile are found.
    let again: Vec<_> = unmatched.iter().map(|at| keys[*at]).collect();
    for (at, matched) in unmatched.iter().zip(match_receipts(tx, &again, now).await?) {
        matches[*at] = matched;
    }
    let parked: Vec<_> = unmatched
        .into_iter()
        .filter(|at| is_parked(matches, at))
        .map(|at| (&receipts[at], matches[at] == Matched::Ambiguous))
        .collect();
    park(tx, &parked, now).await?;
    let ambiguous = parked.iter().filter(|(_, is_ambiguous)| *is_ambiguous).count();
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Ok((count(parked.len() - ambiguous), count(ambiguous)))
}
