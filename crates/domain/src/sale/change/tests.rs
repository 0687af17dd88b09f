//! Steps of an order: decided once, booked once, and reported to its webhook.

use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const PRICE: Msat = Msat::new(1_000);
const HELD: Msat = Msat::new(1_500);
const ACCOUNT: AccountId = AccountId(7);
const MESSAGE: MessageId = MessageId(uuid::Uuid::from_u128(1));

/// An order as it is stored first: *open*, or *working* when it was paid from credit.
fn order(kind: OrderKind, payment: PaymentMethod, wants: Option<Wanted>) -> OrderFacts {
    let paid = payment == PaymentMethod::Credit;
    OrderFacts {
        id: OrderId::new([1; 32]),
        kind,
        state: if paid { OrderState::Working } else { OrderState::Open },
        reason: None,
        account: Some(ACCOUNT),
        price: PRICE,
        held: None,
        payment,
        message: paid.then_some(MESSAGE),
        progress: paid.then_some(Progress::Created),
        activation: None,
        paid_at: paid.then_some(NOW),
        updated_at: NOW,
        wants,
        referral: Some("me@example.com".to_owned()),
    }
}

fn any_order() -> impl Strategy<Value = OrderFacts> {
    let kinds = prop::sample::select(vec![OrderKind::Send, OrderKind::Receive, OrderKind::Fund]);
    let payments = prop::sample::select(PaymentMethod::ALL.to_vec());
    let wants = prop::sample::select(vec![None, Some(Wanted::All), Some(Wanted::Final)]);
    (kinds, payments, wants).prop_map(|(kind, payment, wants)| order(kind, payment, wants))
}

fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop::sample::select(vec![
        Step::Held { amount: HELD, message: Some(MESSAGE) },
        Step::Progressed(Progress::Sent),
        Step::Progressed(Progress::Delivered),
        Step::Progressed(Progress::Failed),
        Step::Ended(Outcome::Fulfilled, None),
        Step::Ended(Outcome::CannotBeFulfilled, Some(Reason::Undelivered)),
        Step::NodeSettled,
        Step::NodeCancelled,
    ]);
    prop::collection::vec(step, 0..20)
}

/// Each step as a change of its own; those that are illegal are left out.
fn walk(order: &OrderFacts, steps: &[Step]) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for step in steps {
        let before = changes.last().map_or(order, |change| &change.after);
        changes.extend(change(before, std::slice::from_ref(step), NOW));
    }
    changes
}

proptest! {
    #[test]
    fn is_booked_once_and_as_its_end_says(order in any_order(), steps in any_steps()) {
        let changes = walk(&order, &steps);
        let booked: Vec<_> = changes.iter().filter_map(|change| change.booking).collect();
        let end = changes.last().map_or(&order, |change| &change.after);
        let posted = end.state == OrderState::Settled;
        let expected = match (order.payment, end.state) {
            (PaymentMethod::Lightning, OrderState::Settled) if order.kind == OrderKind::Fund => {
                let credit = LedgerAccount::Customer(ACCOUNT);
                vec![Booking::Receive { credit, amount: HELD, kind: TransferKind::Fund }]
            }
            (PaymentMethod::Lightning, OrderState::Settled) => {
                let (credit, kind) = (LedgerAccount::Revenue, TransferKind::LightningSale);
                vec![Booking::Receive { credit, amount: HELD, kind }]
            }
            (PaymentMethod::Credit, OrderState::Settled | OrderState::Cancelled) => {
                let event = if posted { TransferEvent::Post } else { TransferEvent::Void };
                vec![Booking::Decide { event, payer: ACCOUNT, price: PRICE }]
            }
            _ => vec![],
        };
        prop_assert_eq!(booked, expected);
    }

    #[test]
    fn the_node_waits_only_for_the_one_decision_of_what_it_holds(
        order in any_order(), steps in any_steps()
    ) {
        let waits: Vec<_> =
            walk(&order, &steps).into_iter().filter(|change| change.node_waits).collect();
        prop_assert!(waits.len() <= 1);
        for change in waits {
            prop_assert_eq!(change.after.payment, PaymentMethod::Lightning);
            prop_assert!(change.after.state.is_decided() && !change.after.state.is_final());
        }
    }

    #[test]
    fn an_outcome_after_the_decision_moves_nothing_of_the_order(order in any_order(), steps in any_steps()) {
        let changes = walk(&order, &steps);
        let Some(end) = changes.last().map(|change| &change.after) else { return Ok(()) };
        if end.state.is_decided() {
            for outcome in [Outcome::Fulfilled, Outcome::CannotBeFulfilled] {
                let late = change(end, &[Step::Ended(outcome, None)], NOW).unwrap();
                prop_assert_eq!(late.after.state, end.state);
                prop_assert!(late.booking.is_none() && late.report.is_none());
                // It may have been fulfilled because a carrier took its message.
                if outcome == Outcome::CannotBeFulfilled && end.state.is_fulfilled() {
                    let is_booked = end.state == OrderState::Settled && end.account.is_some();
                    prop_assert_eq!(late.late_refund, is_booked);
                } else {
                    prop_assert_eq!(&late.after, end);
                    prop_assert!(!late.stepped && !late.late_refund);
                }
            }
        }
    }

    #[test]
    fn steps_taken_together_do_what_they_do_one_by_one(order in any_order(), steps in any_steps()) {
        let legal = change(&order, &steps, NOW);
        let apart = walk(&order, &steps);
        if let Ok(together) = legal {
            let end = apart.last().map_or(&order, |change| &change.after);
            prop_assert_eq!(&together.after, end);
            let booked = apart.iter().find_map(|change| change.booking);
            prop_assert_eq!(together.booking, booked);
        }
    }

    #[test]
    fn a_webhook_that_wants_the_end_learns_nothing_that_one_that_wants_all_did_not(
        order in any_order(), steps in any_steps()
    ) {
        let reports = |wants| {
            let changes = walk(&OrderFacts { wants, ..order.clone() }, &steps);
            changes.iter().map(|change| change.report.is_some()).collect::<Vec<_>>()
        };
        let (all, last) = (reports(Some(Wanted::All)), reports(Some(Wanted::Final)));
        let learnt = |step: usize| all.iter().take(step + 1).any(|reported| *reported);
        prop_assert!(last.iter().enumerate().all(|(step, last)| !last || learnt(step)));
        prop_assert!(!reports(None).contains(&true));
    }
}

#[test]
fn credit_is_fulfilled_when_it_is_held() {
    let fund = order(OrderKind::Fund, PaymentMethod::Lightning, None);
    let held = change(&fund, &[Step::Held { amount: HELD, message: None }], NOW).unwrap();
    assert_eq!((held.after.state, held.node_waits), (OrderState::Fulfilled, true));
    assert_eq!(held.booking, None, "the node has not settled it");
}

#[test]
fn reports_the_payment_the_progress_and_the_refund_and_nothing_of_an_unpaid_order() {
    let open = order(OrderKind::Send, PaymentMethod::Lightning, Some(Wanted::All));
    let reports = |order: &OrderFacts, steps: &[Step]| {
        let changes = walk(order, steps);
        changes.iter().map(|change| change.report.is_some()).collect::<Vec<_>>()
    };
    let failed = Step::Ended(Outcome::CannotBeFulfilled, Some(Reason::Undelivered));
    let steps = [
        Step::Held { amount: HELD, message: Some(MESSAGE) },
        Step::Progressed(Progress::Sent),
        Step::Progressed(Progress::Sent),
        failed,
        Step::NodeCancelled,
    ];
    assert_eq!(reports(&open, &steps), [true, true, false, true, false]);
    let unpaid =
        [Step::Ended(Outcome::CannotBeFulfilled, Some(Reason::Unpaid)), Step::NodeCancelled];
    assert_eq!(reports(&open, &unpaid), [false, false]);
}

#[test]
fn nothing_is_changed_by_steps_of_which_one_is_illegal() {
    let open = order(OrderKind::Send, PaymentMethod::Lightning, None);
    let steps = [Step::Held { amount: HELD, message: Some(MESSAGE) }, Step::NodeSettled];
    assert_eq!(change(&open, &steps, NOW), Err(Illegal));
}

proptest! {
    #[test]
    fn a_referrer_gets_a_share_once_and_only_of_what_is_settled(
        order in any_order(), steps in any_steps()
    ) {
        let changes = walk(&order, &steps);
        let shared: Vec<_> = changes.iter().filter(|change| change.shared.is_some()).collect();
        let settled = changes.last().is_some_and(|last| last.after.state == OrderState::Settled);
        let due = usize::from(settled && order.kind != OrderKind::Fund);
        prop_assert_eq!(shared.len(), due);
        for change in shared {
            prop_assert!(change.booking.is_some(), "in the change that books the money");
            let paid = change.after.held.unwrap_or(change.after.price);
            prop_assert_eq!(change.shared, Some(paid));
        }
    }
}
