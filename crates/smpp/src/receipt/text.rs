//! Parses the text of a receipt, `id:… sub:… dlvrd:… submit date:… done date:… stat:… err:… text:…` (SMPP 3.4
//! appendix B), as carriers vary it: keys missing, joined or renamed, in any case and order, with `=` or a space before
//! the colon; everything after `text:` is text.

/// The fields verbatim; missing ones are empty.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Fields<'a> {
    pub(super) id: &'a [u8],
    pub(super) sub: &'a [u8],
    pub(super) dlvrd: &'a [u8],
    pub(super) submit_date: &'a [u8],
    pub(super) done_date: &'a [u8],
    pub(super) stat: &'a [u8],
    pub(super) err: &'a [u8],
    pub(super) text: &'a [u8],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Id,
    Sub,
    Dlvrd,
    SubmitDate,
    DoneDate,
    Stat,
    Err,
    Text,
}

/// Names of the keys. One that begins like another is longer and comes first.
const KEYS: [(&[u8], Key); 20] = [
    (b"id", Key::Id),
    (b"msgid", Key::Id),
    (b"msg_id", Key::Id),
    (b"messageid", Key::Id),
    (b"message_id", Key::Id),
    (b"message id", Key::Id),
    (b"sub", Key::Sub),
    (b"dlvrd", Key::Dlvrd),
    (b"submit date", Key::SubmitDate),
    (b"submitdate", Key::SubmitDate),
    (b"submit_date", Key::SubmitDate),
    (b"done date", Key::DoneDate),
    (b"donedate", Key::DoneDate),
    (b"done_date", Key::DoneDate),
    (b"stat", Key::Stat),
    (b"state", Key::Stat),
    (b"status", Key::Stat),
    (b"err", Key::Err),
    (b"error", Key::Err),
    (b"text", Key::Text),
];

/// The key at the start of `rest`, and its length with its separator.
fn key_at(rest: &[u8]) -> Option<(Key, usize)> {
    // Only these letters begin a key, so most positions need one comparison.
    if !matches!(rest.first()?.to_ascii_lowercase(), b'i' | b's' | b'd' | b'e' | b'm' | b't') {
        return None;
    }
    KEYS.into_iter().find_map(|(name, key)| {
        let (at, after) = rest.split_at_checked(name.len())?;
        if !at.eq_ignore_ascii_case(name) {
            return None;
        }
        let spaces = after.iter().take_while(|octet| **octet == b' ').count();
        let separated = matches!(after.get(spaces), Some(b':' | b'='));
        separated.then_some((key, name.len() + spaces + 1))
    })
}

/// Whether the text begins with an id.
pub(super) fn begins_with_id(text: &[u8]) -> bool {
    matches!(key_at(text), Some((Key::Id, _)))
}

/// Parses the fields that are present.
pub(super) fn parse(text: &[u8]) -> Fields<'_> {
    let mut fields = Fields::default();
    let mut open: Option<(Key, usize)> = None;
    let mut at = 0;
    while at < text.len() {
        let rest = text.get(at..).unwrap_or_default();
        let separated = at.checked_sub(1).and_then(|before| text.get(before));
        // A key is at the start or follows an octet that cannot be part of a value.
        let may_start = separated.is_none_or(|octet| !octet.is_ascii_alphanumeric());
        let Some((key, length)) = may_start.then(|| key_at(rest)).flatten() else {
            at += 1;
            continue;
        };
        close(&mut fields, text, open, at);
        if key == Key::Text {
            fields.text = text.get(at + length..).unwrap_or_default();
            return fields;
        }
        at += length;
        open = Some((key, at));
    }
    close(&mut fields, text, open, text.len());
    fields
}

/// Ends the open field before `end`. If a key is repeated, the first one wins.
fn close<'a>(fields: &mut Fields<'a>, text: &'a [u8], open: Option<(Key, usize)>, end: usize) {
    let Some((key, start)) = open else { return };
    let value = text.get(start..end).unwrap_or_default().trim_ascii();
    let field = match key {
        Key::Id => &mut fields.id,
        Key::Sub => &mut fields.sub,
        Key::Dlvrd => &mut fields.dlvrd,
        Key::SubmitDate => &mut fields.submit_date,
        Key::DoneDate => &mut fields.done_date,
        Key::Stat => &mut fields.stat,
        Key::Err => &mut fields.err,
        Key::Text => return,
    };
    if field.is_empty() {
        // Some carriers end the text with a NUL, or fields with a comma or semicolon.
        *field = value.trim_ascii_end();
        while let [rest @ .., b'\0' | b',' | b';'] = *field {
            *field = rest.trim_ascii_end();
        }
    }
}
