//! Numbers that the configuration file declares, at start.

use std::collections::BTreeMap;

use domain::account::operator::{Action, Actor};
use domain::inbound::Party;
use domain::limits::NUMBERS_MAX;
use domain::number::own::{NumberOrigin, NumberState, NumberTerms, NumbersDeclared, OwnNumber};
use domain::ports::NumberList;
use domain::time::Timestamp;
use serde_json::json;

use super::{change, find_to_change, insert, list, note, view};
use crate::tx::{Result, Tx};

const BY: Actor = Actor::Configuration;

pub(crate) async fn declare(
    tx: &mut impl Tx,
    declared: &[(Party, NumberTerms)],
    now: Timestamp,
) -> Result<NumbersDeclared> {
    let all = NumberList { limit: NUMBERS_MAX, ..NumberList::default() };
    let stored = list(tx, &all).await?;
    let mut known: BTreeMap<_, _> =
        stored.into_iter().map(|row| (row.number.clone(), row)).collect();
    let mut result = NumbersDeclared::default();
    for (number, terms) in declared {
        let fits = |row: &OwnNumber| row.terms == *terms && row.origin == NumberOrigin::File;
        if known.remove(number).is_some_and(|row| fits(&row)) {
            continue;
        }
        // Locked before the change, because an operator may be changing it.
        let Some(before) = find_to_change(tx, number).await? else {
            result.added += u32::from(add(tx, number, terms, now).await?);
            continue;
        };
        let (terms, origin) = (terms.clone(), NumberOrigin::File);
        let after = OwnNumber { terms, origin, ..before.clone() };
        result.changed += u32::from(before != after);
        change(tx, before, after, BY, now).await?;
    }
    for (number, row) in known {
        if row.origin != NumberOrigin::File {
            continue;
        }
        if let Some(before) = find_to_change(tx, &number).await? {
            let after = OwnNumber { origin: NumberOrigin::LeftFile, ..before.clone() };
            change(tx, before, after, BY, now).await?;
            result.left.push(number);
        }
    }
    Ok(result)
}

async fn add(
    tx: &mut impl Tx,
    number: &Party,
    terms: &NumberTerms,
    now: Timestamp,
) -> Result<bool> {
    let new = OwnNumber {
        number: number.clone(),
        terms: terms.clone(),
        state: NumberState::Active,
        origin: NumberOrigin::File,
        created_at: now,
        updated_at: now,
    };
    // Another node that starts at the same time may have inserted it.
    let added = insert(tx, &new).await?;
    if added {
        note(tx, &new, Action::NumberAdd, json!({ "after": view(&new) }), BY, now).await?;
    }
    Ok(added)
}
