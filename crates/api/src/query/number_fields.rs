//! The three fields that show a number: `msisdn`, and its two halves `dialcode` and `number`.

use domain::number::Msisdn;

use super::tree::Node;

/// Null for no number.
pub(super) fn number_fields(number: Option<Msisdn>) -> [(&'static str, Node); 3] {
    let shown = |part: fn(Msisdn) -> u64| number.map_or(Node::Null, |number| part(number).into());
    [
        ("msisdn", shown(Msisdn::digits)),
        ("dialcode", shown(|number| number.country_calling_code().into())),
        ("number", shown(Msisdn::national)),
    ]
}

/// A text that the old service shows as a number: digits are a number, anything else is the text.
pub(super) fn digits_or_text(text: Option<&str>) -> Node {
    let Some(text) = text else { return Node::Null };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    // JSON has no numbers with leading zeros (RFC 8259 §6), and a double has 15 digits.
    let is_number =
        digits && (1..=15).contains(&text.len()) && (text == "0" || !text.starts_with('0'));
    if is_number { Node::Number(text.to_owned()) } else { Node::Text(text.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_numbers_unless_that_loses_some() {
        for (text, number) in
            [("5000", true), ("0", true), ("0999", false), ("DK-5000", false), ("", false)]
        {
            let is_number = matches!(digits_or_text(Some(text)), Node::Number(_));
            assert_eq!(is_number, number, "{text:?}");
        }
    }
}
