//! What a request would do and cost, before anything is stored: its parts, the price of each
//! recipient, and who is refused and why. Pure; whoever accepts, previews or answers goes through it.

use std::collections::HashMap;

use super::tariff::{Product, Tariff};
use crate::message::Address;
use crate::message::address_list::AddressList;
use crate::message::campaign::{Excluded, Exclusion, LeftOut, PriceGroup, total_price};
use crate::message::email::EmailAddress;
use crate::message::form::Form;
use crate::message::merged_texts::MergedTexts;
use crate::money::Msat;
use crate::number::Msisdn;
use crate::routing::{Charge, Routes};
use crate::text::{Encoding, Policy, TextError, measure, measure_push};

/// How large a message a door takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub chars_max: usize,
    pub parts_max: u8,
    pub recipients_max: u32,
}

/// What one price buys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PricedBy {
    /// The whole message to a recipient, however many parts it has.
    Order,
    /// Each part to each recipient.
    Part,
}

/// Who gets it.
#[derive(Debug)]
pub enum To {
    Numbers(AddressList),
    Mailbox(EmailAddress),
}

/// What a text takes for one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub parts: u16,
    /// `None` for e-mail and for a link.
    pub encoding: Option<Encoding>,
}

/// A request, judged and priced. Where texts differ, the size is that of the longest.
#[derive(Debug, PartialEq, Eq)]
pub struct Quote {
    pub size: Size,
    pub to: Priced,
    /// Of all recipients.
    pub price: Msat,
}

/// Recipients with their prices.
#[derive(Debug, PartialEq, Eq)]
pub enum Priced {
    Numbers {
        /// No number twice; at least one number.
        groups: Vec<PriceGroup>,
        /// Recipients that get nothing, free.
        excluded: Vec<Excluded>,
        /// Repetitions that were left out.
        duplicates: usize,
    },
    Mailbox(EmailAddress),
}

/// Why there is nothing to sell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuoteError {
    #[error("the text is empty")]
    EmptyText,
    #[error("the text has {chars} characters; at most {max} are allowed")]
    TextTooLong { chars: usize, max: usize },
    #[error("the text cannot be sent: {0}")]
    BadText(#[from] TextError),
    #[error("there is no recipient")]
    NoRecipients,
    #[error("a message may have at most {max} recipients")]
    TooManyRecipients { max: u32 },
    #[error("none of the numbers is valid")]
    NoValidNumber,
    #[error("all of the numbers are blocked")]
    AllBlocked,
    #[error("no carrier serves any of the recipients")]
    NoRoute,
    #[error("no carrier of the recipients charges them this price")]
    NoCharge,
    #[error("a text that recipients pay for has one part; this one has {parts}")]
    ChargedParts { parts: u16 },
    #[error("the price is more than can be counted")]
    PriceTooHigh,
}

/// What is quoted.
#[derive(Debug)]
pub struct Request<'a> {
    /// As measured by [`size_of_text`] or [`size_of_email`].
    pub size: Size,
    pub to: To,
    pub priced_by: PricedBy,
    pub limits: Limits,
    pub tariff: &'a Tariff,
    pub routes: &'a Routes,
    /// What the recipients pay.
    pub charge: Option<Charge>,
    /// The parts of each recipient's text, where they differ.
    pub texts: Option<&'a MergedTexts>,
    /// Those of the recipients who want no messages, sorted.
    pub blocked: &'a [Msisdn],
}

/// Judges a text for phones.
pub fn size_of_text(text: &str, form: &Form, limits: Limits) -> Result<Size, QuoteError> {
    check_length(text, limits)?;
    let policy = Policy { parts_max: limits.parts_max, ..Policy::default() };
    if let Form::Push(link) = form {
        let parts = measure_push(link.as_str(), text, policy.reference, policy.parts_max)?;
        return Ok(Size { parts: parts.into(), encoding: None });
    }
    let measure = measure(text, &policy)?;
    Ok(Size { parts: measure.parts.into(), encoding: Some(measure.encoding) })
}

/// Judges a text for a mailbox: it is one part, however long.
pub fn size_of_email(text: &str, limits: Limits) -> Result<Size, QuoteError> {
    check_length(text, limits)?;
    // A tab is fine; no mailbox shows the others, and PostgreSQL stores no U+0000.
    let shown = |char: char| !char.is_control() || matches!(char, '\n' | '\r' | '\t');
    match text.chars().enumerate().find(|&(_, char)| !shown(char)) {
        None => Ok(Size { parts: 1, encoding: None }),
        Some((position, char)) => Err(TextError::Control { position, code: char.into() }.into()),
    }
}

fn check_length(text: &str, limits: Limits) -> Result<(), QuoteError> {
    if text.trim().is_empty() {
        return Err(QuoteError::EmptyText);
    }
    let (chars, max) = (text.chars().count(), limits.chars_max);
    if chars > max { Err(QuoteError::TextTooLong { chars, max }) } else { Ok(()) }
}

/// Prices a request. Work in proportion to the recipients, of whom there may be two million.
pub fn quote(request: Request<'_>) -> Result<Quote, QuoteError> {
    let Request { size, to, priced_by, limits, tariff, routes, charge, texts, blocked } = request;
    match to {
        To::Mailbox(mailbox) => {
            if routes.email().is_empty() {
                return Err(QuoteError::NoRoute);
            }
            let price = tariff.price(Product::Email, None);
            Ok(Quote { size, to: Priced::Mailbox(mailbox), price })
        }
        To::Numbers(list) => {
            let (numbers, excluded, duplicates) = sort_out(list, limits, blocked)?;
            let served = |number: &Msisdn| !routes.find(&Address::Phone(*number)).is_empty();
            if !numbers.iter().any(served) {
                return Err(QuoteError::NoRoute);
            }
            let parts = |number: Msisdn| {
                let own = texts.and_then(|texts| texts.get(number));
                own.map_or(size.parts, |(_, parts)| parts)
            };
            let charged = |number: &Msisdn| {
                let route = routes.find(&Address::Phone(*number));
                route.carriers.iter().any(|carrier| routes.can_charge(&carrier.name, charge))
            };
            if charge.is_some() && !numbers.iter().any(charged) {
                return Err(QuoteError::NoCharge);
            }
            // Carriers charge for each part.
            let most = numbers.iter().copied().map(parts).max().unwrap_or(size.parts);
            if charge.is_some() && most > 1 {
                return Err(QuoteError::ChargedParts { parts: most });
            }
            let price = |number| each(tariff, priced_by, parts(number), number);
            let groups = group_by_price(numbers, price)?;
            let price = total_price(&groups).ok_or(QuoteError::PriceTooHigh)?;
            Ok(Quote { size, to: Priced::Numbers { groups, excluded, duplicates }, price })
        }
    }
}

impl Quote {
    /// Recipients that it is sent to.
    pub fn payable(&self) -> usize {
        match &self.to {
            Priced::Mailbox(_) => 1,
            Priced::Numbers { groups, .. } => groups.iter().map(|group| group.numbers.len()).sum(),
        }
    }

    /// Numbers that it is sent to.
    pub fn numbers(&self) -> impl Iterator<Item = &Msisdn> {
        let groups = match &self.to {
            Priced::Mailbox(_) => &[][..],
            Priced::Numbers { groups, .. } => groups,
        };
        groups.iter().flat_map(|group| &group.numbers)
    }

    /// All recipients, also those that get nothing.
    pub fn recipients(&self) -> u32 {
        let excluded = match &self.to {
            Priced::Mailbox(_) => 0,
            Priced::Numbers { excluded, .. } => excluded.len(),
        };
        u32::try_from(self.payable() + excluded).unwrap_or(u32::MAX)
    }

    /// Entries of the request that nothing is sent for.
    pub fn left_out(&self) -> LeftOut {
        let Priced::Numbers { excluded, duplicates, .. } = &self.to else {
            return LeftOut::default();
        };
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let because = |why| count(excluded.iter().filter(|one| one.why == why).count());
        LeftOut {
            invalid: because(Exclusion::Invalid),
            blocked: because(Exclusion::Blocked),
            duplicates: count(*duplicates),
        }
    }

    /// Price of the dearest recipient.
    pub fn price_each(&self) -> Msat {
        match &self.to {
            Priced::Mailbox(_) => self.price,
            Priced::Numbers { groups, .. } => {
                groups.iter().map(|group| group.price).max().unwrap_or_default()
            }
        }
    }
}

/// The numbers that are sent to, those that are not, and how many came twice.
fn sort_out(
    list: AddressList,
    limits: Limits,
    blocked: &[Msisdn],
) -> Result<(Vec<Msisdn>, Vec<Excluded>, usize), QuoteError> {
    let asked = list.len();
    if asked == 0 {
        return Err(QuoteError::NoRecipients);
    }
    let max = limits.recipients_max;
    if asked > usize::try_from(max).unwrap_or(usize::MAX) {
        return Err(QuoteError::TooManyRecipients { max });
    }
    let list = list.distinct();
    let duplicates = asked - list.len();
    let (mut numbers, mut excluded) = list.into_parts();
    if numbers.is_empty() {
        return Err(QuoteError::NoValidNumber);
    }
    if !blocked.is_empty() {
        let listed = |number: &Msisdn| blocked.binary_search(number).is_ok();
        let mut found: Vec<_> = numbers.iter().copied().filter(listed).collect();
        found.sort_unstable();
        numbers.retain(|number| !listed(number));
        excluded.extend(found.into_iter().map(|number| Excluded {
            address: number.digits().to_string(),
            why: Exclusion::Blocked,
        }));
    }
    if numbers.is_empty() {
        Err(QuoteError::AllBlocked)
    } else {
        Ok((numbers, excluded, duplicates))
    }
}

fn each(tariff: &Tariff, priced_by: PricedBy, parts: u16, number: Msisdn) -> Option<Msat> {
    match priced_by {
        PricedBy::Order => Some(tariff.price(Product::Send, Some(number))),
        PricedBy::Part => tariff.price(Product::Part, Some(number)).checked_mul(parts.into()),
    }
}

/// Nearly always there is one price, and then no number is moved.
fn group_by_price(
    numbers: Vec<Msisdn>,
    price_of: impl Fn(Msisdn) -> Option<Msat>,
) -> Result<Vec<PriceGroup>, QuoteError> {
    let price_of = |number: &Msisdn| price_of(*number).ok_or(QuoteError::PriceTooHigh);
    let Some(first) = numbers.first() else { return Ok(Vec::new()) };
    let price = price_of(first)?;
    let mut same = 1;
    for number in &numbers[1..] {
        if price_of(number)? != price {
            break;
        }
        same += 1;
    }
    if same == numbers.len() {
        return Ok(vec![PriceGroup { price, numbers }]);
    }
    let mut groups: Vec<PriceGroup> = Vec::new();
    let mut places = HashMap::new();
    for number in numbers {
        let price = price_of(&number)?;
        let place = *places.entry(price).or_insert(groups.len());
        if place == groups.len() {
            groups.push(PriceGroup { price, numbers: Vec::new() });
        }
        groups[place].numbers.push(number);
    }
    Ok(groups)
}

#[cfg(test)]
#[path = "quote_tests.rs"]
mod tests;
