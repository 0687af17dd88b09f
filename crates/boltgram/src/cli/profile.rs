//! Options of `boltgram account profile`.

use clap::{Args, ValueEnum};
use domain::number::Msisdn;

/// What is not given stays as it is; an empty text is removed.
#[derive(Debug, Args)]
pub(crate) struct ProfileArgs {
    /// Company
    #[arg(long, value_name = "TEXT")]
    pub company_name: Option<String>,
    /// Number of the company in its country's register
    #[arg(long, value_name = "TEXT")]
    pub company_id: Option<String>,
    /// Number for electronic invoices (EAN)
    #[arg(long, value_name = "TEXT")]
    pub ean_number: Option<String>,
    /// Person
    #[arg(long, value_name = "TEXT")]
    pub full_name: Option<String>,
    #[arg(long, value_name = "TEXT")]
    pub street: Option<String>,
    #[arg(long, value_name = "TEXT")]
    pub zip_code: Option<String>,
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// Its own number in E.164, which codes of the second factor are texted to; empty for none
    #[arg(long, value_name = "NUMBER", value_parser = read_phone)]
    pub phone: Option<Phone>,
    /// Whether a login by password needs a texted code as well
    #[arg(long, value_name = "SWITCH")]
    pub two_factor: Option<Switch>,
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

/// A number, or none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Phone(pub Option<Msisdn>);

fn read_phone(text: &str) -> Result<Phone, &'static str> {
    if text.is_empty() {
        return Ok(Phone(None));
    }
    let number = text.strip_prefix('+').unwrap_or(text).parse();
    number.map(|number| Phone(Some(number))).map_err(|_| "give a number in E.164")
}
