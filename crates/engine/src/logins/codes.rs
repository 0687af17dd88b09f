//! Codes of the second factor: six digits, texted to the account's own phone as an ordinary order.
//!
//! The order belongs to an account of the house and costs nothing: who may read the customer's messages does
//! not read its codes, and a login does not depend on its credit.

use domain::account::operator::Actor;
use domain::account::{Account, AccountName};
use domain::id::AccountId;
use domain::message::address_list::AddressList;
use domain::message::door::Door;
use domain::message::form::Form;
use domain::money::Msat;
use domain::number::Msisdn;
use domain::ports::{NewAccount, PortError};
use domain::sale::client::LOCAL_CLIENT;
use domain::secret::Secret;

use super::{LoginError, Logins};
use crate::accept::{
    CampaignWebhookRequest, Content, Demands, Draft, Payment, Priority, Recipients, Repeat,
    Request, Sender,
};
use crate::accounts::webhook_secret;

/// The account of the house whose orders these texts are. It has no key.
pub const CODES_ACCOUNT: &str = "boltgram.login-codes";

/// Six digits.
const CODES: u128 = 1_000_000;

impl Logins {
    /// Stores a new code, and texts it.
    pub(super) async fn text_code(&self, account: AccountId, to: Msisdn) -> Result<(), LoginError> {
        let code = self.new_code();
        let hash = self.accounts.passwords.hash(code.clone()).await?;
        if !self.store().add_code(account, hash, self.now()).await? {
            return Err(LoginError::TooMany);
        }
        let payer = self.codes_account().await?;
        let text = format!("{} is your login code. It is valid for 10 minutes.", code.expose());
        let request = Request {
            draft: Draft {
                account: Some(payer),
                payment: Payment::Credit,
                sender: Sender::OfCarrier,
                content: Content::Text(text),
                form: Form::Text,
                charge: None,
                to: Recipients::Numbers { list: AddressList::of(to), group: None },
                start_at: None,
                priority: Priority::Normal,
                demands: Demands::ONE_TEXT,
            },
            door: Door::Login,
            client: LOCAL_CLIENT.to_owned(),
            webhook: None,
            campaign_webhook: CampaignWebhookRequest::default(),
            callbacks: Vec::new(),
            with_account_callback: false,
            referral: None,
            takes_sms_ids: false,
            repeat: Repeat::Never,
        };
        match self.accept.accept_free(request).await {
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::warn!(?account, %error, "a login code could not be texted");
                Err(LoginError::NotTexted)
            }
        }
    }

    /// Every code is as likely as any other.
    fn new_code(&self) -> Secret {
        let mut bytes = [0; 16];
        self.accounts.random.fill(&mut bytes);
        // The remainder of 128 bits differs from an even spread by nothing that could be measured.
        let number = u128::from_le_bytes(bytes) % CODES;
        Secret::new(format!("{number:06}"))
    }

    async fn codes_account(&self) -> Result<AccountId, PortError> {
        let Ok(name) = CODES_ACCOUNT.parse::<AccountName>() else {
            return Err(PortError::Refused("the account of login codes has no name".to_owned()));
        };
        let found = |account: Option<Account>| account.map(|account| account.id);
        if let Some(id) = found(self.store().account_named(&name).await?) {
            return Ok(id);
        }
        let webhook_secret = webhook_secret(&*self.accounts.random);
        let new = NewAccount { name: name.clone(), webhook_secret, credit: Msat::ZERO };
        match self.store().add_account(new, Actor::Gateway, self.now()).await {
            Ok(account) => Ok(account.id),
            // Another request made it meanwhile.
            Err(error @ PortError::Conflict(_)) => {
                found(self.store().account_named(&name).await?).ok_or(error)
            }
            Err(error) => Err(error),
        }
    }
}
