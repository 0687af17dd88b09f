//! Parses the text of a receipt, `id:… sub:… dlvrd:… submit date:… done date:… stat:… err:… text:…` (SMPP 3.4
//! appendix B), as carriers vary it: keys missing or joined, any case, any order; everything after `text:` is text.

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

/// A longer key comes before one that is its suffix.
const KEYS: [(&[u8], Key); 10] = [
    (b"id:", Key::Id),
    (b"sub:", Key::Sub),
    (b"dlvrd:", Key::Dlvrd),
    (b"submit date:", Key::SubmitDate),
    (b"submitdate:", Key::SubmitDate),
    (b"done date:", Key::DoneDate),
    (b"donedate:", Key::DoneDate),
    (b"stat:", Key::Stat),
    (b"err:", Key::Err),
    (b"text:", Key::Text),
];

/// The key at the start of `rest`, and its length.
fn key_at(rest: &[u8]) -> Option<(Key, usize)> {
    // Only these letters begin a key, so most positions need one comparison.
    if !matches!(rest.first()?.to_ascii_lowercase(), b'i' | b's' | b'd' | b'e' | b't') {
        return None;
    }
    let fits = |name: &[u8]| rest.get(..name.len()).is_some_and(|at| at.eq_ignore_ascii_case(name));
    KEYS.into_iter().find(|(name, _)| fits(name)).map(|(name, key)| (key, name.len()))
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
        let Some((key, length)) = key_at(rest).filter(|_| may_start) else {
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
