//! Chooses the carrier for a recipient, or ends its submission without one.
//!
//! | the carriers not tried yet | what happens |
//! |---|---|
//! | the first one that is up, in route order, has room | it gets the recipient |
//! | that one is full | the recipient waits for it: it does not switch because a carrier is slow |
//! | that one is up at another node only | that node claims the recipient |
//! | all are down | the recipient waits |
//! | none is left, and a carrier has the text without a receipt | that carrier keeps it |
//! | none is left otherwise | the recipient fails |
//!
//! Once a carrier has taken some parts, the rest of the text goes to it too: carriers may split a
//! text differently. If its receipt is overdue, the whole text goes to another carrier.

use std::time::Duration;

use domain::ports::{ClaimedRecipient, End};
use domain::reason::Reason;
use domain::routing::{CarrierName, Route};

/// State of a carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    Up,
    /// Up, and at its share of the lane.
    Full,
    Down,
    /// Down here, but up at another node.
    Elsewhere,
    /// Not configured (any more).
    Gone,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Choice<'a> {
    pub(super) carrier: &'a CarrierName,
    /// This carrier already has some parts.
    pub(super) goes_on: bool,
    /// Another carrier is left if this one does not take it.
    pub(super) others: bool,
    /// How long to wait for this carrier's receipt before another is tried.
    pub(super) receipt_wait: Option<Duration>,
}

pub(super) fn choose<'a>(
    route: &'a Route,
    recipient: &'a ClaimedRecipient,
    draw: u64,
    link: impl Fn(&CarrierName) -> Link,
) -> Result<Choice<'a>, End> {
    let taken =
        (!recipient.accepted.is_empty()).then_some(recipient.accepted_by.as_ref()).flatten();
    let begun = taken.filter(|name| link(name) != Link::Gone);
    if route.is_empty() && begun.is_none() {
        return Err(refused(Reason::NoRoute));
    }
    if recipient.attempts >= route.attempts {
        return Err(refused(Reason::AttemptsExhausted));
    }
    let tried = |name: &CarrierName| recipient.tried.contains(name);
    if let Some(begun) = begun
        && (route.receipt_timeout.is_none() || !tried(begun))
    {
        return go_on(begun, link(begun), route, tried(begun));
    }
    let mut left =
        route.order(draw).filter(|name| !tried(name) && link(name) != Link::Gone).peekable();
    if left.peek().is_none() {
        let Some(begun) = begun else { return Err(refused(Reason::NoCarrierLeft)) };
        return go_on(begun, link(begun), route, true);
    }
    let (mut chosen, mut count) = (None, 0);
    for name in left {
        count += 1;
        if chosen.is_none() && link(name) != Link::Down {
            chosen = Some(name);
        }
    }
    let carrier = chosen.ok_or(deferred(Reason::LinkDown))?;
    match link(carrier) {
        Link::Full => return Err(deferred(Reason::CarrierFull)),
        Link::Elsewhere => return Err(deferred(Reason::LinkElsewhere)),
        Link::Up | Link::Down | Link::Gone => {}
    }
    let others = count > 1;
    let receipt_wait = route.receipt_timeout.filter(|_| others);
    Ok(Choice { carrier, goes_on: false, others, receipt_wait })
}

/// The carrier that has some parts gets the rest.
fn go_on<'a>(
    carrier: &'a CarrierName,
    link: Link,
    route: &Route,
    tried: bool,
) -> Result<Choice<'a>, End> {
    match link {
        Link::Up => {
            let others = !tried && route.carriers.iter().any(|other| other.name != *carrier);
            let receipt_wait = route.receipt_timeout.filter(|_| others);
            Ok(Choice { carrier, goes_on: true, others: false, receipt_wait })
        }
        Link::Full => Err(deferred(Reason::CarrierFull)),
        Link::Elsewhere => Err(deferred(Reason::LinkElsewhere)),
        Link::Down | Link::Gone => Err(deferred(Reason::LinkDown)),
    }
}

pub(super) const fn refused(reason: Reason) -> End {
    End::Refused { reason, code: String::new() }
}

pub(super) const fn deferred(reason: Reason) -> End {
    End::Deferred { reason, wait: None, code: None }
}

#[cfg(test)]
mod tests {
    use domain::message::Address;
    use domain::number::Msisdn;

    use super::*;

    fn name(name: &str) -> CarrierName {
        CarrierName::new(name)
    }

    fn route() -> Route {
        Route::in_order("45", ["a", "b", "c"].map(name))
    }

    fn recipient(tried: &[&str]) -> ClaimedRecipient {
        ClaimedRecipient {
            content: None,
            index: 0,
            to: Address::Phone(Msisdn::from_digits(4_520_123_456).unwrap()),
            accepted: vec![],
            accepted_by: None,
            tried: tried.iter().copied().map(name).collect(),
            attempts: 0,
        }
    }

    fn with_parts(by: &str, tried: &[&str]) -> ClaimedRecipient {
        ClaimedRecipient { accepted: vec![1], accepted_by: Some(name(by)), ..recipient(tried) }
    }

    fn all_up(_: &CarrierName) -> Link {
        Link::Up
    }

    /// The carrier's name, or the reason for none.
    fn chosen(
        route: &Route,
        recipient: &ClaimedRecipient,
        link: impl Fn(&CarrierName) -> Link,
    ) -> Result<String, Reason> {
        match choose(route, recipient, 0, link) {
            Ok(choice) => Ok(choice.carrier.as_str().to_owned()),
            Err(End::Refused { reason, .. } | End::Deferred { reason, .. }) => Err(reason),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_another_node_can_hand_over_is_left_to_it() {
        let elsewhere = |elsewhere: &'static str| {
            move |name: &CarrierName| match name.as_str() {
                name if name == elsewhere => Link::Elsewhere,
                "c" => Link::Up,
                _ => Link::Down,
            }
        };
        let left = Err(Reason::LinkElsewhere);
        assert_eq!(chosen(&route(), &recipient(&[]), elsewhere("a")), left);
        assert_eq!(chosen(&route(), &recipient(&[]), elsewhere("b")), left, "a is down everywhere");
        assert_eq!(chosen(&route(), &recipient(&["a"]), elsewhere("a")), Ok("c".into()));
        assert_eq!(chosen(&route(), &with_parts("a", &[]), elsewhere("a")), left);
        assert_eq!(chosen(&route(), &with_parts("a", &[]), elsewhere("b")), Err(Reason::LinkDown));
    }

    #[test]
    fn the_first_that_is_up_and_untried_gets_it() {
        let down = |down: &'static str| {
            move |name: &CarrierName| if name.as_str() == down { Link::Down } else { Link::Up }
        };
        assert_eq!(chosen(&route(), &recipient(&[]), all_up), Ok("a".into()));
        assert_eq!(chosen(&route(), &recipient(&[]), down("a")), Ok("b".into()));
        assert_eq!(chosen(&route(), &recipient(&["a"]), all_up), Ok("b".into()));
        assert_eq!(chosen(&route(), &recipient(&["a"]), down("b")), Ok("c".into()));
        assert_eq!(
            chosen(&route(), &recipient(&["a", "b", "c"]), all_up),
            Err(Reason::NoCarrierLeft)
        );
    }

    #[test]
    fn a_slow_carrier_keeps_what_is_its_own() {
        let full = |name: &CarrierName| if name.as_str() == "a" { Link::Full } else { Link::Up };
        assert_eq!(chosen(&route(), &recipient(&[]), full), Err(Reason::CarrierFull));
        assert_eq!(chosen(&route(), &recipient(&["a"]), full), Ok("b".into()));
    }

    #[test]
    fn while_an_untried_one_may_come_back_nothing_fails() {
        let down = |name: &CarrierName| if name.as_str() == "c" { Link::Down } else { Link::Up };
        assert_eq!(chosen(&route(), &recipient(&["a", "b"]), down), Err(Reason::LinkDown));
    }

    #[test]
    fn a_carrier_that_is_configured_no_more_is_none() {
        let gone = |name: &CarrierName| if name.as_str() == "a" { Link::Gone } else { Link::Up };
        assert_eq!(chosen(&route(), &recipient(&[]), gone), Ok("b".into()));
        assert_eq!(chosen(&route(), &with_parts("a", &[]), gone), Ok("b".into()));
    }

    #[test]
    fn only_with_another_left_is_a_refusal_not_the_last() {
        let others = |tried| choose(&route(), &recipient(tried), 0, all_up).unwrap().others;
        assert!(others(&[]) && others(&["a"]));
        assert!(!others(&["a", "b"]));
    }

    #[test]
    fn parts_that_were_taken_bind_the_rest() {
        let (route, half) = (route(), with_parts("b", &["b"]));
        let choice = choose(&route, &half, 0, all_up).unwrap();
        assert_eq!((choice.carrier.as_str(), choice.goes_on, choice.others), ("b", true, false));
        let down = |_: &CarrierName| Link::Down;
        assert_eq!(chosen(&route, &half, down), Err(Reason::LinkDown));
    }

    #[test]
    fn without_a_receipt_in_time_the_whole_text_goes_elsewhere_as_long_as_there_is_an_elsewhere() {
        let wait = Some(Duration::from_secs(600));
        let route = Route { receipt_timeout: wait, ..route() };
        let first = recipient(&[]);
        let first = choose(&route, &first, 0, all_up).unwrap();
        assert_eq!((first.carrier.as_str(), first.receipt_wait), ("a", wait));
        let silent = with_parts("a", &["a"]);
        let second = choose(&route, &silent, 0, all_up).unwrap();
        assert_eq!((second.carrier.as_str(), second.goes_on), ("b", false));
        assert_eq!(second.receipt_wait, wait);
        let silent = with_parts("b", &["a", "b"]);
        let last = choose(&route, &silent, 0, all_up).unwrap();
        assert_eq!((last.carrier.as_str(), last.receipt_wait), ("c", None));
        let silent = with_parts("c", &["a", "b", "c"]);
        let kept = choose(&route, &silent, 0, all_up).unwrap();
        assert_eq!((kept.carrier.as_str(), kept.goes_on, kept.receipt_wait), ("c", true, None));
    }

    #[test]
    fn attempts_have_an_end_and_a_destination_needs_a_route() {
        let route = Route { attempts: 8, ..route() };
        let after = |attempts| ClaimedRecipient { attempts, ..recipient(&[]) };
        assert_eq!(chosen(&route, &after(7), all_up), Ok("a".into()));
        assert_eq!(chosen(&route, &after(8), all_up), Err(Reason::AttemptsExhausted));
        let none = Route::in_order("45", []);
        assert_eq!(chosen(&none, &recipient(&[]), all_up), Err(Reason::NoRoute));
        assert_eq!(chosen(&none, &with_parts("a", &[]), all_up), Ok("a".into()));
    }
}
