//! From a request to its message and price. Reads only; slow work on many numbers runs outside the
//! async threads.

use std::sync::Arc;

use domain::account::AccountSettings;
use domain::account::sender::{SenderRules, SenderState};
use domain::account::traffic::TrafficCount;
use domain::id::AccountId;
use domain::limits;
use domain::message::form::Form;
use domain::message::merged_texts::MergedTexts;
use domain::number::{Msisdn, SenderId};
use domain::ports::PortError;
use domain::routing::Charge;
use domain::sale::quote::{self, Limits, PricedBy, Quote, Size, To};
use domain::text::Text;
use domain::time::Timestamp;

use super::merge::MergePlace;
use super::render::Pieces;
use super::request::{Content, Draft, Payment, Priority, Recipients, Sender};
use super::{Accept, AcceptError, traffic};

/// A start time this little in the past means now, because clocks differ.
const CLOCK_SKEW_MAX: std::time::Duration = std::time::Duration::from_secs(60);

/// With more numbers the work runs outside the async threads; this many take a millisecond.
const INLINE_NUMBERS_MAX: usize = 5_000;

/// Until the texts of all recipients are measured.
const SIZE_UNKNOWN: Size = Size { parts: 0, encoding: None };

/// An acceptable request, with everything to store.
pub(super) struct Judged {
    pub sender: Option<SenderId>,
    /// `None`: at once.
    pub start_at: Option<Timestamp>,
    pub text: Text,
    pub form: Form,
    pub charge: Option<Charge>,
    /// The text of each recipient, where they differ.
    pub texts: Option<Arc<MergedTexts>>,
    pub place: Option<MergePlace>,
    pub quote: Quote,
    /// When the last recipient that quiet hours hold at the start may be sent to.
    pub held_until: Option<Timestamp>,
    /// Only read for campaigns.
    pub settings: AccountSettings,
    /// What it adds to the payer's hourly caps.
    pub traffic: Vec<TrafficCount>,
}

impl Accept {
    pub(super) async fn judge(&self, draft: Draft) -> Result<Judged, AcceptError> {
        let Draft {
            account,
            payment,
            sender,
            content,
            form,
            charge,
            to,
            start_at,
            priority,
            demands,
        } = draft;
        let mut settings = AccountSettings::default();
        if let (Payment::Shares, Some(account)) = (payment, account) {
            // The account exists: its key was just read.
            settings = self.store.account_settings(account).await?.unwrap_or_default();
        }
        let sender = self.sender(account, sender, &settings.senders).await?;
        let start_at = judge_start(start_at, self.clock.now())?;
        let pieces = self.pieces(account, content).await?;
        let mut limits = demands.limits;
        let is_merged = pieces.fields().next().is_some()
            && matches!(&to, Recipients::Numbers { group: Some(_), .. });
        let text = if is_merged { pieces.written()? } else { pieces.plain()? };
        let mut size = match &to {
            Recipients::Numbers { .. } if is_merged => SIZE_UNKNOWN,
            Recipients::Numbers { .. } => quote::size_of_text(&text, &form, limits)?,
            Recipients::Mailbox(_) => quote::size_of_email(&text, limits)?,
        };
        let (mut texts, mut place) = (None, None);
        if payment == Payment::Shares {
            let of_account = settings.recipients_per_message.unwrap_or(u32::MAX);
            limits.recipients_max = limits.recipients_max.min(of_account);
            if priority == Priority::Otp && !settings.otp {
                return Err(AcceptError::OtpNotAllowed);
            }
            if form == Form::Silent && !settings.silent {
                return Err(AcceptError::SilentNotAllowed);
            }
            if charge.is_some() && !settings.premium {
                return Err(AcceptError::PremiumNotAllowed);
            }
        }
        let (to, count) = match to {
            Recipients::Mailbox(mailbox) => (To::Mailbox(mailbox), 1),
            Recipients::Numbers { mut list, group } => {
                if let Some(group) = group {
                    let account = account.ok_or(AcceptError::NoAccount)?;
                    let numbers = self.store.group_numbers(account, group).await?;
                    list.add_all(numbers.ok_or(AcceptError::NoSuchGroup)?)?;
                    if is_merged {
                        let numbers = list.numbers();
                        let (merged, its_place) =
                            self.merge(pieces, (account, group), numbers, (&form, limits)).await?;
                        (size, texts) = (merged.size, Some(Arc::new(merged.texts)));
                        place = Some(its_place);
                    }
                }
                let count = list.len();
                (To::Numbers(list), count)
            }
        };
        let rules = self.accounts.traffic_rules(account).await?;
        self.check_countries(&rules, &to).await?;
        let blocked = self.blocked(account, payment, &to, limits).await?;
        let (tariff, settings_now) = (self.accounts.tariff(account).await?, self.settings.get());
        let priced_by = if payment == Payment::Shares { PricedBy::Part } else { PricedBy::Order };
        let begins = start_at.unwrap_or(self.clock.now());
        let merged = texts.clone();
        let quoted = self.beside(count, move || {
            let (tariff, routes, blocked) = (&tariff, &settings_now.routes, &*blocked);
            let texts = merged.as_deref();
            let request = quote::Request {
                size,
                to,
                priced_by,
                limits,
                tariff,
                routes,
                charge,
                texts,
                blocked,
            };
            quote::quote(request).map(|quote| {
                let is_held = (payment, priority) == (Payment::Shares, Priority::Normal);
                let quiet_hours = is_held.then_some(&settings_now.quiet_hours);
                let held_until =
                    quiet_hours.and_then(|hours| hours.longest(quote.numbers(), begins));
                (quote, held_until)
            })
        });
        let (quote, held_until) = quoted.await??;
        let otp_max = demands.single_lane_max;
        if priority == Priority::Otp && quote.payable() > otp_max {
            return Err(AcceptError::TooManyForOtp { max: otp_max });
        }
        let traffic = traffic::counts(&rules, &quote);
        let text = Text::new(text);
        Ok(Judged {
            sender,
            start_at,
            text,
            form,
            charge,
            texts,
            place,
            quote,
            held_until,
            settings,
            traffic,
        })
    }

    async fn sender(
        &self,
        account: Option<AccountId>,
        sender: Sender,
        rules: &SenderRules,
    ) -> Result<Option<SenderId>, AcceptError> {
        match sender {
            Sender::OfCarrier => Ok(None),
            Sender::Own(number) => Ok(Some(number)),
            Sender::Preferred(asked) => {
                let account = account.ok_or(AcceptError::NoAccount)?;
                for name in &asked {
                    let state = self.store.sender_state(account, name.clone()).await?;
                    if state == Some(SenderState::Approved) {
                        return Ok(Some(name.clone()));
                    }
                }
                if rules.any && !asked.is_empty() {
                    return Ok(asked.into_iter().next_back());
                }
                Ok(rules.default.clone())
            }
            Sender::Approved(name) => {
                let name = SenderId::parse(&name)?;
                let account = account.ok_or(AcceptError::NoAccount)?;
                match self.store.sender_state(account, name.clone()).await? {
                    Some(SenderState::Approved) => Ok(Some(name)),
                    _ => Err(AcceptError::SenderNotApproved),
                }
            }
        }
    }

    async fn pieces(
        &self,
        account: Option<AccountId>,
        content: Content,
    ) -> Result<Pieces, AcceptError> {
        match content {
            Content::Text(text) => Ok(Pieces::plain_text(text)),
            Content::Placeholders { text, variables } => Ok(Pieces::of(&text, &variables)?),
            Content::Template { id, variables } => {
                let account = account.ok_or(AcceptError::NoAccount)?;
                let template = self.store.template(account, id).await?;
                let template = template.ok_or(AcceptError::NoSuchTemplate)?;
                Ok(Pieces::of(template.text.as_str(), &variables)?)
            }
        }
    }

    /// Recipients blocked for this account or for everybody, sorted. For an order from credit, the
    /// change that stores it checks this.
    async fn blocked(
        &self,
        account: Option<AccountId>,
        payment: Payment,
        to: &To,
        limits: Limits,
    ) -> Result<Arc<[Msisdn]>, AcceptError> {
        let To::Numbers(list) = to else { return Ok(Arc::default()) };
        let refused = list.len() > usize::try_from(limits.recipients_max).unwrap_or(usize::MAX);
        if payment == Payment::Credit || refused || list.numbers().is_empty() {
            return Ok(Arc::default());
        }
        let numbers = list.numbers().to_vec();
        let sorted = self.beside(numbers.len(), move || sorted(numbers)).await?;
        Ok(self.store.blocked(account, sorted.into()).await?.into())
    }

    /// Runs work on this many numbers without blocking async threads.
    pub(super) async fn beside<T: Send + 'static>(
        &self,
        numbers: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PortError> {
        if numbers <= INLINE_NUMBERS_MAX { Ok(work()) } else { self.run_blocking(work).await }
    }

    /// Runs slow work outside the async threads. Shutdown waits for it.
    pub async fn run_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PortError> {
        let done = self.tasks.spawn_blocking(work).await;
        done.map_err(|_| PortError::Unavailable("the work broke off".to_owned()))
    }
}

fn sorted(mut numbers: Vec<Msisdn>) -> Vec<Msisdn> {
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// `None` means now.
fn judge_start(asked: Option<Timestamp>, now: Timestamp) -> Result<Option<Timestamp>, AcceptError> {
    match asked {
        Some(at) if at > now.after(limits::SCHEDULE_AHEAD_MAX) => {
            Err(AcceptError::StartTooFarAhead)
        }
        Some(at) if at < now.before(CLOCK_SKEW_MAX) => Err(AcceptError::StartInThePast),
        asked => Ok(asked.filter(|at| *at > now)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_now_or_within_a_year_and_a_day() {
        let at = |seconds: i64| Timestamp::from_millis(1_800_000_000_000 + seconds * 1_000);
        let judged = |seconds| judge_start(Some(at(seconds)), at(0));
        assert_eq!(judge_start(None, at(0)), Ok(None));
        assert_eq!(judged(-61), Err(AcceptError::StartInThePast));
        assert_eq!(judged(-60), Ok(None));
        assert_eq!(judged(0), Ok(None));
        assert_eq!(judged(1), Ok(Some(at(1))));
        let year = 366 * 24 * 60 * 60;
        assert_eq!(judged(year), Ok(Some(at(year))));
        assert_eq!(judged(year + 1), Err(AcceptError::StartTooFarAhead));
    }
}
