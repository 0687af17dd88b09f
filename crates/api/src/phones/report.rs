//! What a phone says of itself, in its own words. It hides all but the last characters of its numbers and cards; only
//! an event of its app shows them whole.

use domain::limits::{PHONE_BODY_BYTES_MAX, PHONE_SIMS_MAX};
use domain::phone::{PHONE_MODEL_CHARS_MAX, PhoneReport, SimReport};
use http::BodyLimits;
use serde::Deserialize;

use crate::settings::DoorState;

/// Compared with what was reported before.
const CARD_DIGITS: usize = 4;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reported {
    /// Our id of the phone, in updates.
    pub id: Option<String>,
    name: Option<String>,
    push_token: Option<String>,
    #[serde(default)]
    sim_cards: Vec<SimCard>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SimCard {
    sim_number: Option<i64>,
    slot_index: Option<i64>,
    carrier_name: Option<String>,
    iccid: Option<String>,
}

impl Reported {
    pub(super) fn report(self, app_version: Option<String>) -> PhoneReport {
        let model = self.name.map(|name| shortened(&name));
        let waits_for_push = self.push_token.is_some_and(|token| !token.is_empty());
        PhoneReport { model, app_version, waits_for_push, sims: sims(&self.sim_cards) }
    }
}

pub(super) fn sims(cards: &[SimCard]) -> Vec<SimReport> {
    let report = |card: &SimCard| {
        let sim = card.sim_number.or_else(|| card.slot_index?.checked_add(1))?;
        let sim = u8::try_from(sim)
            .ok()
            .filter(|sim| (1..=PHONE_SIMS_MAX).contains(&usize::from(*sim)))?;
        let network = card.carrier_name.as_deref().map(shortened);
        Some(SimReport { sim, network, card: card.iccid.as_deref().and_then(last_digits) })
    };
    cards.iter().filter_map(report).take(PHONE_SIMS_MAX).collect()
}

fn shortened(text: &str) -> String {
    let plain = text.chars().filter(|char| !char.is_control());
    plain.take(PHONE_MODEL_CHARS_MAX).collect()
}

/// `None` when the phone hides them too.
fn last_digits(card: &str) -> Option<String> {
    let digits: String = card.chars().filter(char::is_ascii_digit).collect();
    let start = digits.len().checked_sub(CARD_DIGITS)?;
    digits.get(start..).map(str::to_owned)
}

pub(super) fn body_limits(door: &DoorState) -> BodyLimits {
    BodyLimits { bytes_max: PHONE_BODY_BYTES_MAX, timeout: door.settings.read_timeout }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_hidden_and_whole_cards_alike() {
        let body = r#"{"name":"Google/oriole","pushToken":null,"further":1,"simCards":[
            {"slotIndex":0,"simNumber":1,"phoneNumber":"********0001","carrierName":"****Cell",
             "iccid":"***************0001"},
            {"slotIndex":1,"iccid":"8945020000000000002"},
            {"simNumber":99}]}"#;
        let report = serde_json::from_str::<Reported>(body).unwrap().report(None);
        let cards: Vec<_> = report.sims.iter().map(|sim| (sim.sim, sim.card.as_deref())).collect();
        assert_eq!(cards, [(1, Some("0001")), (2, Some("0002"))]);
        assert_eq!(report.model.as_deref(), Some("Google/oriole"));
        assert!(!report.waits_for_push);
        let pushed = r#"{"id":"phone-1","pushToken":"abc"}"#;
        assert!(serde_json::from_str::<Reported>(pushed).unwrap().report(None).waits_for_push);
    }
}
