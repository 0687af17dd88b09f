//! Texts that phones send. A text is given to one SIM card, and is that phone's alone once the phone has fetched it.
//!
//! | state | what happened | then |
//! |---|---|---|
//! | waiting | it waits for the phone | fetched, or withdrawn (its row is deleted) |
//! | fetched | it was in an answer to the phone, which may have it | every state below |
//! | processed | the phone has it | |
//! | sent | the network took it | |
//! | delivered | the recipient has it | final |
//! | failed, expired | the phone did not send it, or the network failed | final |
//!
//! Reports come twice, late, and in any order: a state never goes back.

use std::time::Duration;

use uuid::Uuid;

use crate::id::{MessageId, PhoneId};
use crate::limits::PHONE_TEXTS_WAITING_MAX;
use crate::number::Msisdn;
use crate::number::own::Country;
use crate::routing::CarrierName;
use crate::state::stored_as;
use crate::text::Text;
use crate::time::Timestamp;

/// A phone does not get a text whose validity ends sooner.
pub const PHONE_TEXT_VALID_MIN: Duration = Duration::from_secs(15);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PhoneTextState {
    Waiting,
    Fetched,
    Processed,
    Sent,
    Delivered,
    Failed,
    Expired,
}

stored_as!(PhoneTextState {
    Waiting = "waiting",
    Fetched = "fetched",
    Processed = "processed",
    Sent = "sent",
    Delivered = "delivered",
    Failed = "failed",
    Expired = "expired",
});

impl PhoneTextState {
    /// The state after a phone's report; `None`: nothing changes.
    pub fn next(self, reported: Self) -> Option<Self> {
        let is_final = matches!(self, Self::Delivered | Self::Failed | Self::Expired);
        (!is_final && reported.rank() > self.rank()).then_some(reported)
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Waiting => 0,
            Self::Fetched => 1,
            Self::Processed => 2,
            Self::Sent => 3,
            Self::Delivered | Self::Failed | Self::Expired => 4,
        }
    }

    /// Whether the carrier makes a receipt of it.
    pub const fn is_news(self) -> bool {
        self.rank() >= Self::Sent.rank()
    }
}

/// What a phone says of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneTextReport {
    pub id: Uuid,
    pub state: PhoneTextState,
    /// It may be of one part of the text alone: a delivered part of several says only that they were sent.
    pub is_of_part: bool,
    /// See [`super::error_code`].
    pub code: Option<String>,
}

impl PhoneTextReport {
    /// What it says of a text of so many parts.
    pub const fn state_of(&self, parts: u16) -> PhoneTextState {
        match self.state {
            PhoneTextState::Delivered if self.is_of_part && parts > 1 => PhoneTextState::Sent,
            state => state,
        }
    }
}

/// A text for a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPhoneText {
    /// The app's id of it.
    pub id: Uuid,
    pub message: MessageId,
    /// Index of the recipient in its message.
    pub recipient: u32,
    pub to: Msisdn,
    pub text: Text,
    /// Parts that it is sent in.
    pub parts: u16,
    pub valid_until: Timestamp,
    /// It is sent before others.
    pub is_urgent: bool,
}

/// A text as a phone fetches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedText {
    pub id: Uuid,
    pub sim: u8,
    pub to: Msisdn,
    pub text: Text,
    pub valid_until: Timestamp,
    pub is_urgent: bool,
    pub wants_report: bool,
    pub created_at: Timestamp,
}

/// A state that the carrier has not made a receipt of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneTextNews {
    pub id: Uuid,
    pub to: Msisdn,
    pub state: PhoneTextState,
    pub code: Option<String>,
    pub wants_report: bool,
    pub at: Timestamp,
}

/// Which SIM cards a carrier sends from, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendTerms {
    pub carrier: CarrierName,
    pub reach: Reach,
    /// Empty: all.
    pub sims: Vec<SimName>,
    /// Parts that a SIM card sends in a day (UTC).
    pub daily_limit: u32,
    /// A text that its phone has not fetched by then is withdrawn.
    pub fetch_within: Duration,
    pub wants_reports: bool,
}

/// Destinations of a SIM card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Its own country; everything for a SIM card without a number.
    Own,
    Countries(Vec<Country>),
    Everything,
}

/// A phone by its name, or one SIM card of it: `desk`, `desk/2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimName {
    pub phone: String,
    pub sim: Option<u8>,
}

impl SimName {
    pub fn new(name: &str) -> Self {
        let sim = name.rsplit_once('/').and_then(|(phone, sim)| Some((phone, sim.parse().ok()?)));
        match sim {
            Some((phone, sim)) => Self { phone: phone.to_owned(), sim: Some(sim) },
            None => Self { phone: name.to_owned(), sim: None },
        }
    }

    fn is_of(&self, phone: &str, sim: u8) -> bool {
        self.phone == phone && self.sim.is_none_or(|known| known == sim)
    }
}

/// A SIM card that the operator lets send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendingSim {
    pub phone: PhoneId,
    pub phone_name: String,
    pub sim: u8,
    /// Of its number.
    pub country: Option<Country>,
    /// Its phone is ready, has fetched what it was given, the number is not lent, and the card does not rest.
    pub is_ready: bool,
    /// Parts, today.
    pub sent: u32,
    /// Texts that its phone has not confirmed.
    pub waiting: u32,
}

/// Why no SIM card sends a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoSim {
    /// None serves the destination, or ever sends so many parts.
    Destination,
    /// Those that do are not ready.
    Away,
    /// Those that are ready have sent what they may today.
    Limit,
    /// Those that are ready have enough to send at present.
    Full,
}

impl SendTerms {
    pub fn names(&self, phone: &str, sim: u8) -> bool {
        self.sims.is_empty() || self.sims.iter().any(|name| name.is_of(phone, sim))
    }

    fn serves(&self, sim: &SendingSim, to: Option<Country>) -> bool {
        self.names(&sim.phone_name, sim.sim)
            && match &self.reach {
                Reach::Own => sim.country.is_none() || sim.country == to,
                Reach::Countries(countries) => to.is_some_and(|to| countries.contains(&to)),
                Reach::Everything => true,
            }
    }

    /// Whether the SIM card could send one part now, wherever to.
    pub fn can_send(&self, sim: &SendingSim) -> bool {
        self.names(&sim.phone_name, sim.sim) && sim.is_ready && sim.sent < self.daily_limit
    }

    /// The SIM card for a text: one of the destination's country before others, then the one that has sent least.
    pub fn choose<'a>(
        &self,
        sims: &'a mut [SendingSim],
        to: Msisdn,
        parts: u16,
    ) -> Result<&'a mut SendingSim, NoSim> {
        let to = to.country();
        let mut left: Vec<_> = sims.iter_mut().filter(|sim| self.serves(sim, to)).collect();
        let mut only = |otherwise, fits: &dyn Fn(&SendingSim) -> bool| {
            left.retain(|sim| fits(sim));
            if left.is_empty() { Err(otherwise) } else { Ok(()) }
        };
        let with_this = |sim: &SendingSim| sim.sent.saturating_add(parts.into());
        only(NoSim::Destination, &|_| u32::from(parts) <= self.daily_limit)?;
        only(NoSim::Away, &|sim| sim.is_ready)?;
        only(NoSim::Limit, &|sim| with_this(sim) <= self.daily_limit)?;
        only(NoSim::Full, &|sim| sim.waiting < PHONE_TEXTS_WAITING_MAX)?;
        let least = left
            .into_iter()
            .min_by_key(|sim| (sim.country != to, sim.sent, sim.waiting, sim.phone, sim.sim));
        least.ok_or(NoSim::Destination)
    }
}

/// What became of a text that was given to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// It waits for its phone.
    Waiting,
    /// The phone has it from an earlier attempt, by this id.
    Taken(Uuid),
    Nowhere(NoSim),
}

#[cfg(test)]
mod tests {
    use PhoneTextState::{Delivered, Expired, Failed, Fetched, Processed, Sent, Waiting};

    use super::*;

    fn country(code: &str) -> Country {
        code.parse().unwrap()
    }

    fn sim(phone: i64, of: Option<&str>, sent: u32) -> SendingSim {
        SendingSim {
            phone: PhoneId(phone),
            phone_name: format!("phone {phone}"),
            sim: 1,
            country: of.map(country),
            is_ready: true,
            sent,
            waiting: 0,
        }
    }

    fn terms(reach: Reach) -> SendTerms {
        SendTerms {
            carrier: CarrierName::new("phones"),
            reach,
            sims: vec![],
            daily_limit: 10,
            fetch_within: Duration::from_secs(60),
            wants_reports: true,
        }
    }

    fn danish() -> Msisdn {
        Msisdn::from_digits(4_520_123_456).unwrap()
    }

    #[test]
    fn a_state_never_goes_back_and_an_end_is_one() {
        for (from, reported, to) in [
            (Waiting, Sent, Some(Sent)),
            (Fetched, Processed, Some(Processed)),
            (Processed, Fetched, None),
            (Sent, Processed, None),
            (Sent, Sent, None),
            (Sent, Failed, Some(Failed)),
            (Processed, Expired, Some(Expired)),
            (Sent, Delivered, Some(Delivered)),
            (Delivered, Sent, None),
            (Delivered, Failed, None),
            (Failed, Delivered, None),
            (Expired, Sent, None),
        ] {
            assert_eq!(from.next(reported), to, "{from:?} {reported:?}");
        }
        for state in PhoneTextState::ALL {
            for reported in PhoneTextState::ALL {
                let next = state.next(*reported);
                assert!(next.is_none_or(|next| next.rank() > state.rank()));
            }
        }
    }

    /// The phone that sends a text of one part.
    fn chosen(terms: &SendTerms, sims: &[SendingSim], parts: u16) -> Result<i64, NoSim> {
        terms.choose(&mut sims.to_vec(), danish(), parts).map(|sim| sim.phone.0)
    }

    #[test]
    fn a_sim_card_serves_its_own_country_or_the_named_ones() {
        let sims = [sim(1, Some("DE"), 0), sim(2, Some("DK"), 5), sim(3, None, 7)];
        let choose = |reach, sims: &[SendingSim]| chosen(&terms(reach), sims, 1);
        assert_eq!(choose(Reach::Own, &sims), Ok(2));
        assert_eq!(choose(Reach::Own, &sims[..1]), Err(NoSim::Destination));
        assert_eq!(choose(Reach::Own, &sims[2..]), Ok(3), "without a number it serves all");
        assert_eq!(choose(Reach::Countries(vec![country("DK")]), &sims[..1]), Ok(1));
        assert_eq!(choose(Reach::Countries(vec![country("SE")]), &sims), Err(NoSim::Destination));
        assert_eq!(choose(Reach::Everything, &sims), Ok(2), "of the destination's country first");
        assert_eq!(choose(Reach::Everything, &[]), Err(NoSim::Destination));
    }

    #[test]
    fn the_one_that_has_sent_least_sends_within_its_limit() {
        let own = terms(Reach::Own);
        let (little, much) = (sim(8, Some("DK"), 8), sim(9, Some("DK"), 9));
        let sims = [much.clone(), little.clone()];
        assert_eq!(chosen(&own, &sims, 1), Ok(8));
        assert_eq!(chosen(&own, &sims, 3), Err(NoSim::Limit));
        assert_eq!(chosen(&own, &sims, 11), Err(NoSim::Destination), "no day is enough for it");
        let away = [much.clone(), SendingSim { is_ready: false, ..little.clone() }];
        assert_eq!(chosen(&own, &away, 1), Ok(9));
        assert_eq!(chosen(&own, &away[1..], 1), Err(NoSim::Away));
        let full = SendingSim { waiting: PHONE_TEXTS_WAITING_MAX, ..little };
        assert_eq!(chosen(&own, &[full], 1), Err(NoSim::Full));
        let named = |name: &str| SendTerms { sims: vec![SimName::new(name)], ..own.clone() };
        assert_eq!(chosen(&named("phone 9"), &sims, 1), Ok(9));
        assert_eq!(chosen(&named("phone 9/1"), &sims, 1), Ok(9));
        assert_eq!(chosen(&named("phone 9/2"), &sims, 1), Err(NoSim::Destination));
        assert!(own.can_send(&much) && !own.can_send(&SendingSim { sent: 10, ..much }));
    }
}
