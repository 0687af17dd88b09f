//! Where an account, or callers without one, may send. The rules are cached for a second.

use std::sync::Arc;

use domain::account::traffic::TrafficRules;
use domain::id::AccountId;
use domain::ports::PortError;

use super::Accounts;

impl Accounts {
    pub(crate) async fn traffic_rules(
        &self,
        account: Option<AccountId>,
    ) -> Result<Arc<TrafficRules>, PortError> {
        let Some(account) = account else { return Ok(self.rules_for_strangers.clone()) };
        let now = self.clock.now();
        if let Some(rules) = self.traffic_rules.get(&account, now) {
            return Ok(rules);
        }
        let settings = self.store.account_settings(account).await?.unwrap_or_default();
        let rules = Arc::new(settings.traffic);
        self.traffic_rules.keep(account, rules.clone(), now);
        Ok(rules)
    }
}
