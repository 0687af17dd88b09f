//! Credits as JSON numbers, written digit by digit and never through a float.

use engine::campaigns::Credits;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

pub(super) struct Amount(pub Credits);

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let digits = RawValue::from_string(self.0.to_string());
        digits.map_err(serde::ser::Error::custom)?.serialize(to)
    }
}
