//! A keyword that an account has on a number: messages to the number that begin with the word belong to the
//! account. It is paid for period by period.
//!
//! | state \\ event | end of the paid period | its owner does not renew it, no credit, account disabled, number not offered | ended by an operator |
//! |---|---|---|---|
//! | in use | next period, paid | ended with the period | ended at once |
//! | ended | – | – | – |
//!
//! Each period is stored together with its transfer, in one change: a crash leaves both or none. An ended
//! keyword stays as a row; the word is free again.

use std::time::Duration;

use super::keyword::{Keywords, Phrases, Word};
use super::part::Party;
use crate::id::{AccountId, KeywordId};
use crate::limits::KEYWORD_REPLY_CHARS_MAX;
use crate::money::Msat;
use crate::number::own::OwnNumber;
use crate::state::stored_as;
use crate::text::{Policy, Text, TextError, measure};
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoldKeyword {
    pub id: KeywordId,
    pub number: Party,
    pub word: Word,
    pub account: AccountId,
    /// Of its last period.
    pub price: Msat,
    pub bought_at: Timestamp,
    pub paid_until: Timestamp,
    /// Periods so far, this one included.
    pub periods: u32,
    /// Whether it is renewed at the end of the period.
    pub renews: bool,
    /// Reply to its messages, charged to the account.
    pub reply: Option<Text>,
    /// `None`: in use.
    pub ended: Option<(Timestamp, EndedBy)>,
}

/// Why a keyword is no longer its owner's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndedBy {
    /// The owner asked that it is not renewed.
    Owner,
    Operator,
    /// The credit did not suffice for the next period.
    Credit,
    /// The account is disabled.
    Account,
    /// The number is not offered to the account any more.
    Number,
}

stored_as!(EndedBy {
    Owner = "owner",
    Operator = "operator",
    Credit = "credit",
    Account = "account",
    Number = "number",
});

/// On what terms an account can have keywords on a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// A number shared by all accounts.
    Sold,
    /// A number of its own.
    Free,
}

/// What is offered on this number, if anything. A number that is lent has no keywords.
pub fn offer(number: &OwnNumber, account: AccountId) -> Option<Offer> {
    if !number.receives() || number.terms.can.lends() {
        return None;
    }
    match number.terms.account {
        Some(owner) => (owner == account).then_some(Offer::Free),
        None => number.terms.can.keywords.then_some(Offer::Sold),
    }
}

/// Whether nobody can have this word on a number: it means opt-out, opt-in or help everywhere, or the operator uses it
/// there.
pub fn is_reserved(word: &Word, number: &OwnNumber, everywhere: &Keywords) -> bool {
    let own = Phrases::new(number.terms.keywords.iter().map(String::as_str));
    everywhere.have(word) || own.use_word(word)
}

/// What happens at the end of a paid period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeriodEnd {
    /// The next period costs its price, which is nothing on a number of its own.
    Renew {
        from: Timestamp,
        offer: Offer,
    },
    End(EndedBy),
}

/// A period begins where the last one ended; if the gateway stood still for longer than a period, it begins now.
pub fn period_end(
    keyword: &SoldKeyword,
    number: Option<&OwnNumber>,
    account_enabled: bool,
    period: Duration,
    now: Timestamp,
) -> PeriodEnd {
    if !keyword.renews {
        return PeriodEnd::End(EndedBy::Owner);
    }
    if !account_enabled {
        return PeriodEnd::End(EndedBy::Account);
    }
    let Some(offer) = number.and_then(|number| offer(number, keyword.account)) else {
        return PeriodEnd::End(EndedBy::Number);
    };
    let served = keyword.paid_until.after(period) > now;
    PeriodEnd::Renew { from: if served { keyword.paid_until } else { now }, offer }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadReply {
    #[error("must have 1 to {KEYWORD_REPLY_CHARS_MAX} characters")]
    Length,
    #[error("cannot be sent: {0}")]
    Text(#[from] TextError),
}

/// Whether a text can be the reply to a keyword.
pub fn check_reply(text: &str) -> Result<(), BadReply> {
    if text.trim().is_empty() || text.chars().count() > KEYWORD_REPLY_CHARS_MAX {
        return Err(BadReply::Length);
    }
    measure(text, &Policy::default()).map(drop).map_err(BadReply::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::own::{Abilities, NumberOrigin, NumberState, NumberTerms};

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    const OWNER: AccountId = AccountId(7);

    fn at(day: u32) -> Timestamp {
        Timestamp::from_millis(0).after(DAY * day)
    }

    fn number(account: Option<AccountId>, can: &[&str]) -> OwnNumber {
        let can = Abilities::from_words(can.iter().copied()).unwrap();
        OwnNumber {
            number: Party::new("1919"),
            terms: NumberTerms { account, can, ..NumberTerms::default() },
            state: NumberState::Active,
            origin: NumberOrigin::Admin,
            created_at: at(0),
            updated_at: at(0),
        }
    }

    fn keyword() -> SoldKeyword {
        SoldKeyword {
            id: KeywordId(1),
            number: Party::new("1919"),
            word: "pacman".parse().unwrap(),
            account: OWNER,
            price: Msat::new(5),
            bought_at: at(0),
            paid_until: at(30),
            periods: 1,
            renews: true,
            reply: None,
            ended: None,
        }
    }

    #[test]
    fn keywords_are_sold_on_shared_numbers_and_free_on_own_ones() {
        for (account, can, offered) in [
            (None, &["receive", "keywords"][..], Some(Offer::Sold)),
            (None, &["receive", "send"], None),
            (None, &["keywords"], None),
            (Some(OWNER), &["receive"], Some(Offer::Free)),
            (Some(AccountId(8)), &["receive"], None),
            (Some(OWNER), &["receive", "send", "lend"], None),
        ] {
            assert_eq!(offer(&number(account, can), OWNER), offered, "{account:?} {can:?}");
        }
        let disabled =
            OwnNumber { state: NumberState::Disabled, ..number(None, &["receive", "keywords"]) };
        assert_eq!(offer(&disabled, OWNER), None);
    }

    #[test]
    fn words_with_a_meaning_of_their_own_are_reserved() {
        let mut shared = number(None, &["receive", "keywords"]);
        shared.terms.keywords = vec!["My offers".to_owned()];
        let everywhere = Keywords::default();
        for (word, reserved) in [
            ("Stop!", true),
            ("unsubscribe", true),
            ("start", true),
            ("help", true),
            ("afmeld", true),
            ("my", true),
            ("offers", false),
            ("pacman", false),
        ] {
            assert_eq!(
                is_reserved(&word.parse().unwrap(), &shared, &everywhere),
                reserved,
                "{word}"
            );
        }
    }

    #[test]
    fn a_period_follows_the_last_one_unless_nothing_was_served_meanwhile() {
        let shared = number(None, &["receive", "keywords"]);
        let end = |keyword: &SoldKeyword, number: Option<&OwnNumber>, enabled, day| {
            period_end(keyword, number, enabled, DAY * 30, at(day))
        };
        let renew = |from| PeriodEnd::Renew { from: at(from), offer: Offer::Sold };
        assert_eq!(end(&keyword(), Some(&shared), true, 30), renew(30));
        assert_eq!(end(&keyword(), Some(&shared), true, 59), renew(30));
        assert_eq!(end(&keyword(), Some(&shared), true, 60), renew(60));
        let let_go = SoldKeyword { renews: false, ..keyword() };
        assert_eq!(end(&let_go, Some(&shared), true, 30), PeriodEnd::End(EndedBy::Owner));
        assert_eq!(end(&keyword(), Some(&shared), false, 30), PeriodEnd::End(EndedBy::Account));
        assert_eq!(end(&keyword(), None, true, 30), PeriodEnd::End(EndedBy::Number));
        let other = number(Some(AccountId(8)), &["receive"]);
        assert_eq!(end(&keyword(), Some(&other), true, 30), PeriodEnd::End(EndedBy::Number));
    }

    #[test]
    fn a_reply_is_a_text_that_can_be_sent() {
        assert_eq!(check_reply("Tak!"), Ok(()));
        assert_eq!(check_reply(" "), Err(BadReply::Length));
        assert_eq!(check_reply(&"x".repeat(KEYWORD_REPLY_CHARS_MAX + 1)), Err(BadReply::Length));
        assert!(matches!(check_reply("a\u{0}"), Err(BadReply::Text(_))));
    }
}
