//! Finds the code in a message.

use super::{Code, ServiceCode};

/// The code that a message of this service brings; `None`: none was found, and the buyer reads the text.
pub fn find(_service: &ServiceCode, text: &str) -> Option<Code> {
    let mut runs = text.split(|char: char| !char.is_ascii_digit());
    runs.find(|run| (4..=8).contains(&run.len())).map(Code::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_four_to_eight_digits() {
        let service = "tg".parse().unwrap();
        let found = |text| find(&service, text).map(|code| code.as_str().to_owned());
        assert_eq!(found("Your code is 48010."), Some("48010".to_owned()));
        assert_eq!(found("call 112 or 4512345678"), None);
    }
}
