//! Why a try to pay a referrer failed, and when the next one is made.

use std::time::Duration;

use crate::limits::PAYOUT_TRIES_MAX;
use crate::state::stored_as;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// The address is not to be called: a private network, no https, or a redirect to one.
    AddressForbidden,
    /// No connection, or no answer in time.
    AddressUnreachable,
    /// Its server answered with an error: nobody has this address, or it takes nothing now.
    AddressRefused,
    /// The answer is not as LUD-06 has it, or too long.
    AnswerUnreadable,
    /// What is due is less than the payee takes.
    BelowPayeesMinimum,
    /// Enough is due, but its shares are larger than the payee or the day takes, or the rest is less than the payee takes.
    NoShareFits,
    /// The invoice is not what was asked for.
    InvoiceUnfit,
    /// The node refused the payment before it was sent.
    NodeRefused,
    /// No route within the fee limit, or too little outbound liquidity.
    PaymentFailed,
    /// The invoice ran out before the node got the payment.
    InvoiceRanOut,
    /// The operator ended it, because its Lightning node is gone for ever.
    NodeLost,
    /// The node paid it after it had been recorded as failed, and its shares are no longer due.
    PaidAfterFailure,
}

stored_as!(Trouble {
    AddressForbidden = "address_forbidden",
    AddressUnreachable = "address_unreachable",
    AddressRefused = "address_refused",
    AnswerUnreadable = "answer_unreadable",
    BelowPayeesMinimum = "below_payees_minimum",
    NoShareFits = "no_share_fits",
    InvoiceUnfit = "invoice_unfit",
    NodeRefused = "node_refused",
    PaymentFailed = "payment_failed",
    InvoiceRanOut = "invoice_ran_out",
    NodeLost = "node_lost",
    PaidAfterFailure = "paid_after_failure",
});

impl Trouble {
    /// Whether it counts toward the tries after which the operator has to look.
    pub const fn counts(self) -> bool {
        // More may become due; and what our node did is not the referrer's doing.
        !matches!(self, Self::BelowPayeesMinimum | Self::NodeLost)
    }
}

/// Wait after so many failed tries in a row that count; `None`: it waits for the operator.
pub const fn wait_after(failures: u32) -> Option<Duration> {
    match failures {
        _ if failures >= PAYOUT_TRIES_MAX => None,
        1 => Some(Duration::from_secs(10 * 60)),
        _ => Some(Duration::from_secs(60 * 60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_failure_waits_for_the_operator() {
        assert!(wait_after(1).is_some() && wait_after(2) > wait_after(1));
        assert_eq!(wait_after(3), None);
        assert_eq!(wait_after(u32::MAX), None);
    }
}
