//! From what was asked to what is stored: the text and its parts, the numbers and their prices.

use std::collections::HashMap;

use domain::id::AccountId;
use domain::limits;
use domain::message::Address;
use domain::message::campaign::{Excluded, PriceGroup};
use domain::money::Msat;
use domain::number::Msisdn;
use domain::ports::PortError;
use domain::sale::tariff::{Product, Tariff};
use domain::text::{Policy, Text, measure};

use super::Campaigns;
use super::addressees::Addressees;
use super::error::BulkError;
use super::render::render;
use super::send::Wording;

/// Above so many numbers the work is done beside the async threads; this many take a millisecond.
const INLINE_NUMBERS_MAX: usize = 5_000;

/// Who is sent to, and for how much.
pub(super) struct Draft {
    pub groups: Vec<PriceGroup>,
    pub excluded: Vec<Excluded>,
    pub price: Msat,
}

impl Draft {
    pub(super) fn payable(&self) -> usize {
        self.groups.iter().map(|group| group.numbers.len()).sum()
    }

    pub(super) fn total(&self) -> u32 {
        u32::try_from(self.payable() + self.excluded.len()).unwrap_or(u32::MAX)
    }
}

impl Campaigns {
    /// The text as everybody gets it, and its parts.
    pub(super) async fn judge_wording(
        &self,
        account: AccountId,
        wording: Wording,
    ) -> Result<(Text, u16), BulkError> {
        let text = match (wording.content, wording.template) {
            (Some(_), Some(_)) => return Err(BulkError::ContentAndTemplate),
            (None, None) => return Err(BulkError::NoContent),
            (Some(content), None) => content,
            (None, Some(template)) => self.template(account, template).await?,
        };
        let text = render(&text, &wording.variables)?;
        if text.trim().is_empty() {
            return Err(BulkError::EmptyText);
        }
        let chars = text.chars().count();
        if chars > limits::BULK_TEXT_CHARS_MAX {
            return Err(BulkError::TextTooLong { chars });
        }
        let parts = u16::from(measure(&text, &Policy::default())?.parts);
        Ok((Text::new(text), parts))
    }

    pub(super) async fn draft(
        &self,
        account: AccountId,
        mut to: Addressees,
        group: Option<i64>,
        parts: u16,
    ) -> Result<Draft, BulkError> {
        if let Some(group) = group {
            self.add_group(account, group, &mut to).await?;
        }
        if to.is_empty() {
            return Err(BulkError::NoRecipients);
        }
        let max = self.agreed(account).await?.recipients_per_message;
        if let Some(max) = max.filter(|max| to.len() > *max as usize) {
            return Err(BulkError::TooManyForAccount { max });
        }
        let Addressees { mut numbers, invalid: mut excluded } =
            self.beside(to.len(), move || to.distinct()).await?;
        if numbers.is_empty() {
            return Err(BulkError::NoValidNumber);
        }
        excluded.extend(self.take_blocked(account, &mut numbers).await?);
        if numbers.is_empty() {
            return Err(BulkError::AllBlocked);
        }
        let tariff = self.tariff(account).await?;
        let routes = self.routes.clone();
        let priced = self.beside(numbers.len(), move || {
            let served = |number: &Msisdn| !routes.find(&Address::Phone(*number)).is_empty();
            if !numbers.iter().any(served) {
                return Err(BulkError::NoRoute);
            }
            by_price(numbers, &tariff, parts).ok_or(BulkError::Uncountable)
        });
        let groups = priced.await??;
        let of = |group: &PriceGroup| {
            i64::try_from(group.numbers.len()).ok().and_then(|many| group.price.checked_mul(many))
        };
        let price = groups.iter().try_fold(Msat::ZERO, |sum, group| sum.checked_add(of(group)?));
        Ok(Draft { groups, excluded, price: price.ok_or(BulkError::Uncountable)? })
    }

    /// Work on so many numbers, where it holds up nobody.
    pub(super) async fn beside<T: Send + 'static>(
        &self,
        numbers: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PortError> {
        if numbers <= INLINE_NUMBERS_MAX {
            return Ok(work());
        }
        self.run_blocking(work).await
    }

    /// Work that takes long, where it holds up nobody. A stop waits for it.
    pub async fn run_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PortError> {
        let done = self.tasks.spawn_blocking(work).await;
        done.map_err(|_| PortError::Unavailable("the work broke off".to_owned()))
    }
}

/// Nearly always there is one price, and then no number is moved.
fn by_price(numbers: Vec<Msisdn>, tariff: &Tariff, parts: u16) -> Option<Vec<PriceGroup>> {
    let of_all = |price: Msat| price.checked_mul(i64::from(parts));
    let of_part = |number: Msisdn| tariff.price(Product::Part, Some(number));
    let first = of_part(*numbers.first()?);
    if numbers.iter().all(|number| of_part(*number) == first) {
        return Some(vec![PriceGroup { price: of_all(first)?, numbers }]);
    }
    let mut groups: Vec<PriceGroup> = Vec::new();
    let mut places = HashMap::new();
    for number in numbers {
        let price = of_part(number).get();
        let place = *places.entry(price).or_insert(groups.len());
        if place == groups.len() {
            groups.push(PriceGroup { price: of_all(Msat::new(price))?, numbers: Vec::new() });
        }
        groups[place].numbers.push(number);
    }
    Some(groups)
}

#[cfg(test)]
mod tests {
    use domain::sale::tariff::{ListPrice, PriceList, Prices};

    use std::sync::Arc;

    use super::*;

    fn of_parts(prices: &[(&str, i64)]) -> Tariff {
        let price = |(prefix, msat): &(&str, i64)| {
            let (product, prefix, price) = (Product::Part, (*prefix).to_owned(), Msat::new(*msat));
            ListPrice { product, prefix, price }
        };
        Tariff::new(
            Prices::default(),
            Arc::default(),
            PriceList::new(prices.iter().map(price)).into(),
        )
    }

    #[test]
    fn recipients_that_cost_the_same_stand_together_in_their_order() {
        let numbers = |digits: &[u64]| -> Vec<_> {
            digits.iter().map(|digits| Msisdn::from_digits(*digits).unwrap()).collect()
        };
        let tariff = of_parts(&[("", 100), ("66", 70), ("45", 70)]);
        let all = numbers(&[66_812_345_678, 49_151_123_456, 4_520_123_456, 66_898_765_432]);
        let groups = by_price(all, &tariff, 2).unwrap();
        let group = |price, digits: &[u64]| PriceGroup {
            price: Msat::new(price),
            numbers: numbers(digits),
        };
        let cheap = group(140, &[66_812_345_678, 4_520_123_456, 66_898_765_432]);
        assert_eq!(groups, [cheap, group(200, &[49_151_123_456])]);
        assert_eq!(by_price(numbers(&[66_812_345_678]), &tariff, 1).unwrap().len(), 1);
        let dear = of_parts(&[("", i64::MAX)]);
        assert_eq!(by_price(numbers(&[66_812_345_678]), &dear, 2), None);
    }
}
