//! Codes of carriers in plain words, as the adapters write them: `smpp:0x00000045`, `smtp:550`. The code in
//! a receipt is the carrier's own, and has no meaning here.

use smpp::CommandStatus;

/// `None` for a code that is not of these kinds.
pub fn code_meaning(code: &str) -> Option<String> {
    let (kind, rest) = code.split_once(':')?;
    match kind {
        "smpp" => smpp_meaning(rest),
        "smtp" => smtp_meaning(rest).map(str::to_owned),
        "phones" => phones_meaning(rest).map(str::to_owned),
        "sandbox" => Some("the sandbox carrier refuses such messages".to_owned()),
        _ => None,
    }
}

fn smpp_meaning(code: &str) -> Option<String> {
    let ours = match code {
        "address" => Some("SMPP carries no e-mail"),
        "text" => Some("the text does not fit into the parts that this carrier takes"),
        "source" => Some("the sender cannot be written in SMPP"),
        "encode" => Some("the message cannot be written in SMPP"),
        _ => None,
    };
    if let Some(ours) = ours {
        return Some(ours.to_owned());
    }
    let status = CommandStatus(u32::from_str_radix(code.strip_prefix("0x")?, 16).ok()?);
    Some(match (status.name(), status.meaning()) {
        (Some(name), Some(meaning)) => format!("{name}: {meaning}"),
        _ if (0x400..=0x4FF).contains(&status.0) => {
            "a code of this carrier's own; its documentation explains it".to_owned()
        }
        _ => "a code that the SMPP standard does not define".to_owned(),
    })
}

fn phones_meaning(code: &str) -> Option<&'static str> {
    Some(match code {
        "address" => "phones carry no e-mail",
        "form" => "phones send texts alone: no flash messages, silent ones or links",
        "text" => "the text does not fit into the parts that a phone sends",
        "destination" => "no SIM card that sends serves the destination",
        "away" => "the phones that serve the destination are away",
        "limit" => "the SIM cards have sent what they may today",
        "full" => "the phones have enough to send at present",
        "not_fetched" => "the phone did not fetch the text in time",
        "store" => "the text could not be stored",
        _ => return None,
    })
}

/// RFC 5321 §4.2.2 and §4.2.3; RFC 4954 §6.
fn smtp_meaning(code: &str) -> Option<&'static str> {
    if code == "address" {
        return Some("SMTP carries no text messages to phones");
    }
    let code: u16 = code.parse().ok()?;
    Some(match code {
        421 => "the mail server is closing or too busy",
        450 => "the mailbox is not available now",
        451 => "the mail server had an error while it processed the mail",
        452 => "the mail server has too little storage",
        454 => "the mail server cannot check our login now",
        500..=504 => "the mail server does not accept the command",
        530 | 534 | 535 | 538 => "the mail server refused our login",
        550 => "the mailbox does not exist, or may not be used",
        551 => "the mailbox is not on this mail server",
        552 => "the mailbox is full, or the mail too large",
        553 => "the address of the mailbox is not valid",
        554 => "the mail server refused the mail",
        400..=499 => "the mail server has a temporary error",
        505..=599 => "the mail server refused it permanently",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_carriers_in_plain_words() {
        for (code, meaning) in [
            ("smpp:0x00000045", "ESME_RSUBMITFAIL: it could not submit the message"),
            ("smpp:0x0000000b", "ESME_RINVDSTADR: the destination is not valid"),
            ("smpp:0x00000410", "a code of this carrier's own; its documentation explains it"),
            ("smpp:0x00009999", "a code that the SMPP standard does not define"),
            ("smpp:text", "the text does not fit into the parts that this carrier takes"),
            ("smtp:550", "the mailbox does not exist, or may not be used"),
            ("smtp:499", "the mail server has a temporary error"),
            ("phones:not_fetched", "the phone did not fetch the text in time"),
            ("smtp:599", "the mail server refused it permanently"),
            ("sandbox:refused", "the sandbox carrier refuses such messages"),
        ] {
            assert_eq!(code_meaning(code).as_deref(), Some(meaning), "{code}");
        }
        for code in ["", "000", "smpp:", "smpp:0x", "smpp:0xzz", "smtp:", "smtp:250", "x:1"] {
            assert_eq!(code_meaning(code), None, "{code}");
        }
    }
}
