//! The columns that say how a text appears on the phone, and what its recipients pay for it.

use domain::message::form::Form;
use domain::ports::PortError;
use domain::routing::Charge;

use crate::tx::{Result, Row};

/// The next columns of a row: form, link, charge.
pub(crate) fn read(row: &mut Row) -> Result<(Form, Option<Charge>)> {
    let (word, link) = (row.get::<Option<String>>()?, row.get::<Option<String>>()?);
    let form = Form::from_stored(word.as_deref(), link.as_deref());
    let form = form.map_err(|_| PortError::Refused("unreadable column: form".to_owned()))?;
    Ok((form, row.get::<Option<u32>>()?.and_then(Charge::new)))
}
