//! Any events in any order: an order is decided once, and an end stays.

use std::time::Duration;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::activation::loan::Unfit;
use crate::activation::{CODE_WAIT, CountryCode, NumberRequest, RentalTerm};
use crate::id::{ActivationId, OrderId};
use crate::money::Msat;
use crate::number::Msisdn;

const PAID: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const HOURS: Duration = Duration::from_secs(4 * 60 * 60);

fn paid(rental: Option<RentalTerm>) -> Activation {
    let wanted = NumberRequest { rental, ..NumberRequest::for_code("tg".parse().unwrap(), None) };
    Activation {
        id: ActivationId(1),
        order: OrderId::new([1; 32]),
        account: None,
        loan: Uuid::from_u128(1),
        price: Msat::new(1_000),
        state: State::paid(wanted.is_rental()),
        wanted,
        reason: None,
        supplier: None,
        number: None,
        country: None,
        cost: None,
        code: None,
        text: None,
        messages: 0,
        paid_at: PAID,
        assigned_at: None,
        until: PAID.after(CODE_WAIT),
        updated_at: PAID,
    }
}

fn any_activation() -> impl Strategy<Value = Activation> {
    let new = Some(RentalTerm { duration: HOURS, extends: None });
    let extension = Some(RentalTerm { duration: HOURS, extends: Some(ActivationId(7)) });
    prop::sample::select(vec![None, new, extension]).prop_map(paid)
}

fn any_event() -> impl Strategy<Value = Event> {
    let loan = Loan {
        number: Msisdn::from_digits(4_915_100_000_000).unwrap(),
        country: CountryCode(43),
        cost: Msat::ZERO,
        assigned_at: PAID,
        until: PAID.after(HOURS),
    };
    prop::sample::select(vec![
        Event::Asked(SupplierName::new("one")),
        Event::NoAnswer,
        Event::Assigned(loan),
        Event::Refused,
        Event::NoNumber,
        Event::Message { text: Text::from("48010"), code: Some(Code::new("48010")) },
        Event::Extended { until: PAID.after(HOURS * 2) },
        Event::NextWanted,
        Event::Finished,
        Event::Cancelled(Reason::CancelledByBuyer),
        Event::Kept,
        Event::TimeUp,
    ])
}

proptest! {
    #[test]
    fn an_order_is_decided_once_and_an_end_stays(
        start in any_activation(),
        events in prop::collection::vec((any_event(), 0..600_u64), 0..40)
    ) {
        let (mut at, mut now, mut outcomes, mut end) = (start, PAID, 0, None);
        for (event, later) in events {
            now = now.after(Duration::from_secs(later));
            let may_cancel = cancellable(&at, now).is_ok();
            let cancelled = change(&at, &Event::Cancelled(Reason::CancelledByBuyer), now);
            prop_assert!(!may_cancel || cancelled.is_ok(), "{:?}", at.state);
            if let Ok(change) = change(&at, &event, now) {
                outcomes += u32::from(change.outcome.is_some());
                prop_assert_eq!(change.after.messages >= at.messages, true);
                at = change.after;
            }
            if at.state.is_final() {
                prop_assert_eq!(*end.get_or_insert(at.state), at.state);
                prop_assert_eq!(timer(&at), None);
                prop_assert_eq!(cancellable(&at, now), Err(NotCancellable::Ended));
            }
        }
        prop_assert!(outcomes <= 1);
    }

    #[test]
    fn time_alone_ends_everything(
        start in any_activation(),
        events in prop::collection::vec(any_event(), 0..20)
    ) {
        let mut at = start;
        for event in events {
            at = change(&at, &event, PAID).map_or(at, |change| change.after);
        }
        let now = PAID.after(HOURS * 3);
        let mut steps = 0;
        while let Some(event) = time_event(&at, now) {
            at = change(&at, &event, now).unwrap().after;
            steps += 1;
            prop_assert!(steps <= 3);
        }
        prop_assert!(at.state.is_final(), "{:?}", at.state);
    }
}

fn after(activation: &Activation, event: &Event, now: Timestamp) -> Activation {
    change(activation, event, now).unwrap().after
}

#[test]
fn a_code_ends_the_right_to_cancel_and_a_further_one_does_not_return_it() {
    let (one, loan) = (SupplierName::new("one"), PAID.after(Duration::from_secs(1)));
    let asked = after(&paid(None), &Event::Asked(one), PAID);
    let lent = Loan {
        number: Msisdn::from_digits(4_915_100_000_000).unwrap(),
        country: CountryCode(43),
        cost: Msat::ZERO,
        assigned_at: loan,
        until: PAID.after(HOURS),
    };
    assert_eq!(cancellable(&asked, PAID), Ok(()));
    let waiting = after(&asked, &Event::Assigned(lent), loan);
    let from = loan.after(Duration::from_secs(120));
    assert_eq!(cancellable(&waiting, loan), Err(NotCancellable::TooEarly { from }));
    assert_eq!(cancellable(&waiting, from), Ok(()));
    let code = Event::Message { text: Text::from("48010"), code: Some(Code::new("48010")) };
    let came = after(&waiting, &code, from);
    assert_eq!(cancellable(&came, from), Err(NotCancellable::CodeCame));
    let next = after(&came, &Event::NextWanted, from);
    assert_eq!(cancellable(&next, from), Err(NotCancellable::CodeCame));
    let over = change(&next, &Event::TimeUp, PAID.after(CODE_WAIT)).unwrap();
    assert_eq!((over.outcome, over.after.reason), (None, None));
}

/// With a number, until then.
fn rented(until: Timestamp) -> Activation {
    let asked = after(
        &paid(Some(RentalTerm { duration: HOURS, extends: None })),
        &Event::Asked(SupplierName::new("one")),
        PAID,
    );
    let loan = Loan {
        number: Msisdn::from_digits(4_915_100_000_000).unwrap(),
        country: CountryCode(43),
        cost: Msat::ZERO,
        assigned_at: PAID,
        until,
    };
    after(&asked, &Event::Assigned(loan), PAID)
}

fn message(text: &str, code: Option<&str>) -> Event {
    Event::Message { text: Text::from(text), code: code.map(Code::new) }
}

#[test]
fn a_later_text_without_a_code_hides_no_code() {
    let mut at = paid(None);
    at.state = State::Activation(ActivationState::Waiting);
    let seen = |at: &Activation| {
        let code = at.code.as_ref().map(|code| code.as_str().to_owned());
        (code, at.text.as_ref().map(|text| text.as_str().to_owned()), at.messages)
    };
    at = after(&at, &message("Welcome", None), PAID);
    assert_eq!(seen(&at), (None, Some("Welcome".to_owned()), 1));
    at = after(&at, &message("Your code is 48010", Some("48010")), PAID);
    at = after(&at, &message("Never share it", None), PAID);
    let first = (Some("48010".to_owned()), Some("Your code is 48010".to_owned()), 3);
    assert_eq!(seen(&at), first);
    at = after(&at, &message("Your code is 48011", Some("48011")), PAID);
    assert_eq!(seen(&at).0.as_deref(), Some("48011"));
    let rental = after(&rented(PAID.after(HOURS)), &message("code 1", Some("1")), PAID);
    let rental = after(&rental, &message("Hello", None), PAID);
    assert_eq!(seen(&rental), (None, Some("Hello".to_owned()), 2), "a rental shows the newest");
}

#[test]
fn a_rental_that_ends_at_once_is_free() {
    for until in [PAID.before(HOURS), PAID, PAID.after(Duration::from_secs(60))] {
        let rental = rented(until);
        let now = until.max(PAID);
        let event = time_event(&rental, now).unwrap();
        let ended = change(&rental, &event, now).unwrap();
        assert_eq!(ended.outcome, Some(Outcome::CannotBeFulfilled), "{until:?}");
        assert!(ended.after.state.is_final() && ended.after.reason.is_some());
    }
}

#[test]
fn an_extension_that_is_requested_is_not_cancelled_by_its_buyer() {
    let wanted = Some(RentalTerm { duration: HOURS, extends: Some(ActivationId(7)) });
    let paid = paid(wanted);
    assert_eq!(cancellable(&paid, PAID), Ok(()));
    let asked = after(&paid, &Event::Asked(SupplierName::new("one")), PAID);
    assert_eq!(cancellable(&asked, PAID), Err(NotCancellable::Kept));
    let unknown = after(&asked, &Event::NoAnswer, PAID);
    assert_eq!(cancellable(&unknown, PAID), Err(NotCancellable::Kept));
}

#[test]
fn a_loan_must_be_what_is_paid_for() {
    let mut of = paid(Some(RentalTerm { duration: HOURS, extends: None }));
    of.wanted.country = Some(CountryCode(43));
    let good = Loan {
        number: Msisdn::from_digits(4_915_100_000_000).unwrap(),
        country: CountryCode(43),
        cost: of.price,
        assigned_at: PAID,
        until: PAID.after(HOURS).before(Duration::from_secs(1)),
    };
    let check = |loan: Loan| loan.check(&of, PAID);
    assert_eq!(check(good.clone()), Ok(()), "a second less is rounding");
    let cost = Msat::new(1_001);
    assert_eq!(check(Loan { cost, ..good }), Err(Unfit::Cost));
    assert_eq!(check(Loan { country: CountryCode(0), ..good }), Err(Unfit::Country));
    for until in [PAID, PAID.after(Duration::from_secs(60)), PAID.after(HOURS / 2)] {
        assert_eq!(check(Loan { until, ..good }), Err(Unfit::End), "{until:?}");
    }
    assert_eq!(Loan { until: PAID, ..good }.check(&paid(None), PAID), Ok(()), "for one code");
}
