//! `[[quiet_hours]]`: quiet hours of campaigns, by destination.

use domain::message::quiet::{BadQuiet, Quiet};
use serde::Deserialize;

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuietHoursConfig {
    pub prefix: String,
    pub zone: String,
    pub from: String,
    pub to: String,
}

impl QuietHoursConfig {
    pub(crate) fn quiet(&self) -> Result<Quiet, BadQuiet> {
        Quiet::new(&self.from, &self.to, &self.zone)
    }
}
