//! A body that is an HTML form (`application/x-www-form-urlencoded`, URL Standard §5.1), as the
//! fields of a JSON object with strings. An empty value is absent.

use std::borrow::Cow;

use serde_json::Value;

/// The fields whose names are among these; `None` when something decodes to no UTF-8.
pub(super) fn parse_form(
    bytes: &[u8],
    names: &'static [&'static str],
) -> Option<Vec<(&'static str, Value)>> {
    let mut fields = Vec::new();
    for (name, value) in form_pairs(bytes) {
        let (name, value) = (text(name)?, text(value)?);
        let known = names.iter().copied().find(|known| *known == name);
        if let Some(name) = known.filter(|_| !value.is_empty()) {
            fields.push((name, Value::String(value.into_owned())));
        }
    }
    Some(fields)
}

fn text(bytes: Cow<'_, [u8]>) -> Option<Cow<'_, str>> {
    match bytes {
        Cow::Borrowed(bytes) => str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    }
}

/// A name and its value as decoded bytes, of any charset.
pub type FormPair<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// The pairs of a form or a query string, in their order.
pub fn form_pairs(bytes: &[u8]) -> impl Iterator<Item = FormPair<'_>> {
    bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=');
        let (name, value) = at.map_or((pair, &[][..]), |at| (&pair[..at], &pair[at + 1..]));
        (decode(name), decode(value))
    })
}

/// A `%` without two hex digits stands for itself.
fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.iter().any(|byte| matches!(byte, b'+' | b'%')) {
        return Cow::Borrowed(text);
    }
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high * 16 + low);
                    rest = after;
                }
                _ => bytes.push(first),
            },
            _ => bytes.push(first),
        }
    }
    Cow::Owned(bytes)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] = &["phone", "message"];

    fn parsed(form: &[u8]) -> Option<Vec<(&'static str, String)>> {
        let text = |value: Value| value.as_str().unwrap().to_owned();
        let fields = parse_form(form, NAMES)?;
        Some(fields.into_iter().map(|(name, value)| (name, text(value))).collect())
    }

    #[test]
    fn reads_what_browsers_and_curl_write() {
        for (form, message) in [
            (&b"phone=%2B4520123456&message=a+b%20c"[..], Some("a b c")),
            (b"message=%C3%A6%F0%9F%98%80", Some("æ😀")),
            (b"message=100%", Some("100%")),
            (b"message=%zz%4", Some("%zz%4")),
            (b"&&message=a=b&", Some("a=b")),
            (b"%6dessage=x&other=y", Some("x")),
            ("message=æ".as_bytes(), Some("æ")),
            (b"message=", None),
            (b"message", None),
            (b"", None),
        ] {
            let fields = parsed(form).unwrap();
            let found = fields.iter().find(|(name, _)| *name == "message");
            assert_eq!(found.map(|(_, value)| value.as_str()), message, "{form:?}");
        }
    }

    #[test]
    fn refuses_what_is_no_text() {
        for form in [&b"message=%ff"[..], b"message=%ED%A0%80", b"message=\xff", b"%ff=x"] {
            assert_eq!(parsed(form), None, "{form:?}");
        }
    }
}
