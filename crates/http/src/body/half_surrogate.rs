//! Half of a surrogate pair: what is left of an emoji that a client cut by UTF-16 units. No text can
//! have it, and JSON parsers report it as a mistake of syntax.

/// Whether a body has half of a pair, as an escape (`\ud83d`) or as three octets (CESU-8).
pub(super) fn has_half_surrogate(body: &[u8]) -> bool {
    // U+D800 to U+DFFF in UTF-8's form, which is not UTF-8 (RFC 3629 §3).
    let octets = |three: &[u8]| three[0] == 0xed && (0xa0..=0xbf).contains(&three[1]);
    str::from_utf8(body).is_err() && body.windows(3).any(octets) || has_half_escape(body)
}

fn has_half_escape(body: &[u8]) -> bool {
    let (mut at, mut high) = (0, false);
    while at < body.len() {
        let unit = match &body[at..] {
            [b'\\', b'u', digits @ ..] => digits.get(..4).and_then(hex),
            _ => None,
        };
        match unit {
            Some(0xdc00..=0xdfff) if high => high = false,
            Some(0xdc00..=0xdfff) => return true,
            _ if high => return true,
            Some(0xd800..=0xdbff) => high = true,
            _ => {}
        }
        at += match &body[at..] {
            _ if unit.is_some() => 6,
            // The escaped character is not the start of another escape.
            [b'\\', _, ..] => 2,
            _ => 1,
        };
    }
    high
}

fn hex(digits: &[u8]) -> Option<u16> {
    let digits = digits.iter().all(u8::is_ascii_hexdigit).then_some(digits)?;
    u16::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_a_half_from_a_pair() {
        for (body, half) in [
            (&br#"{"a":"\ud83d"}"#[..], true),
            (br#"{"a":"\uDE00x"}"#, true),
            (br#"{"a":"\ud83d\ud83d\ude00"}"#, true),
            (br#"{"a":"\ud83dx\ude00"}"#, true),
            (br#"{"a":"\ud83d"#, true),
            (b"{\"a\":\"\xed\xa0\xbd\"}", true),
            (br#"{"a":"\ud83d\ude00"}"#, false),
            (br#"{"a":"\\ud83d"}"#, false),
            (br#"{"a":"\u00e6 \n"}"#, false),
            (br#"{"a":"\u12"#, false),
            ("{\"a\":\"😀\"}".as_bytes(), false),
            (b"\xff\xfe", false),
        ] {
            assert_eq!(has_half_surrogate(body), half, "{}", body.escape_ascii());
        }
    }
}
