//! Placeholders in a text: `{{name}}` becomes the variable of that name, or else, in a message to a group or a
//! contact, the contact's field of that name (`merge.rs`). `{{name|friend}}` has a fallback, for a value that is
//! missing or empty.
//!
//! A name consists of letters and digits of any script, `_`, `-` and `.`, with optional spaces
//! around it; a fallback is any text without braces. Braces around anything else are text, and so are the values of
//! variables: they are not expanded again.

use std::collections::HashMap;
use std::fmt;

use domain::limits;

const NAME_CHARS_MAX: usize = 64;

/// Bytes between the braces: a name and a fallback with four bytes per character, and some spaces.
const INSIDE_BYTES_MAX: usize = NAME_CHARS_MAX * 4 + FALLBACK_CHARS_MAX * 4 + 16;

const FALLBACK_CHARS_MAX: usize = 64;

/// Characters are counted at the end; this bounds the size until then.
const BYTES_MAX: usize = limits::BULK_TEXT_CHARS_MAX * 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at most {max} variables are allowed", max = limits::TEMPLATE_VARIABLES_MAX)]
pub struct TooManyVariables;

#[derive(Default)]
pub struct Variables(HashMap<String, String>);

impl Variables {
    /// If a name is set twice, the later value counts.
    pub fn set(&mut self, name: String, value: String) -> Result<(), TooManyVariables> {
        self.0.insert(name, value);
        if self.0.len() > limits::TEMPLATE_VARIABLES_MAX { Err(TooManyVariables) } else { Ok(()) }
    }
}

/// Hides the values: names of people and the like.
impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Variables(<{}>)", self.0.len())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    #[error("the variable `{0}` is missing")]
    Missing(String),
    #[error("the text has more than {max} placeholders", max = limits::TEMPLATE_VARIABLES_MAX)]
    TooManyPlaceholders,
    #[error("the texts of all recipients together have more than {max} octets", max = limits::MERGED_TEXTS_OCTETS_MAX)]
    TooLarge,
    #[error("with its variables the text has more than {max} characters", max = limits::BULK_TEXT_CHARS_MAX)]
    TooLong,
}

/// A text in pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pieces(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    /// To be filled for each recipient.
    Field(Field),
}

/// A placeholder that no variable fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub name: String,
    pub fallback: Option<String>,
    /// The placeholder as it was written.
    pub written: String,
}

impl Pieces {
    /// A text without placeholders, whatever it looks like.
    pub(super) fn plain_text(text: String) -> Self {
        Self(vec![Piece::Text(text)])
    }

    /// Fills what variables fill.
    pub(super) fn of(text: &str, variables: &Variables) -> Result<Self, RenderError> {
        let mut pieces = Self(Vec::new());
        let (mut placeholders, mut octets) = (0, 0);
        let mut rest = text;
        while let Some(at) = rest.find("{{") {
            pieces.push(&rest[..at]);
            octets += at;
            rest = &rest[at..];
            match placeholder(rest) {
                None => {
                    pieces.push("{");
                    octets += 1;
                    rest = &rest[1..];
                }
                Some(Placeholder { name, fallback, after }) => {
                    placeholders += 1;
                    if placeholders > limits::TEMPLATE_VARIABLES_MAX {
                        return Err(RenderError::TooManyPlaceholders);
                    }
                    let written = &rest[..rest.len() - after.len()];
                    let value = variables.0.get(name).map(String::as_str);
                    match value.filter(|value| !value.is_empty() || fallback.is_none()) {
                        Some(value) => {
                            pieces.push(value);
                            octets += value.len();
                        }
                        None => pieces.0.push(Piece::Field(Field {
                            name: name.to_owned(),
                            fallback: fallback.map(str::to_owned),
                            written: written.to_owned(),
                        })),
                    }
                    rest = after;
                }
            }
            if octets > BYTES_MAX {
                return Err(RenderError::TooLong);
            }
        }
        pieces.push(rest);
        Ok(pieces)
    }

    fn push(&mut self, text: &str) {
        if let Some(Piece::Text(last)) = self.0.last_mut() {
            last.push_str(text);
        } else {
            self.0.push(Piece::Text(text.to_owned()));
        }
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = &Field> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Field(field) => Some(field),
            Piece::Text(_) => None,
        })
    }

    /// Fills the fields.
    pub(super) fn fill<'a>(
        &'a self,
        mut value: impl FnMut(&'a Field) -> Result<&'a str, RenderError>,
    ) -> Result<String, RenderError> {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Field(field) => {
                    filled.push_str(value(field)?);
                    if filled.len() > BYTES_MAX {
                        return Err(RenderError::TooLong);
                    }
                }
            }
        }
        Ok(filled)
    }

    /// As a text to everybody: a field without a fallback is missing.
    pub(super) fn plain(&self) -> Result<String, RenderError> {
        let missing = |field: &Field| RenderError::Missing(field.name.clone());
        self.fill(|field| field.fallback.as_deref().ok_or_else(|| missing(field)))
    }

    /// With the fields as they were written.
    pub(super) fn written(&self) -> Result<String, RenderError> {
        self.fill(|field| Ok(&field.written))
    }
}

struct Placeholder<'a> {
    name: &'a str,
    fallback: Option<&'a str>,
    after: &'a str,
}

/// The placeholder that a text begins with, if it begins with two braces.
fn placeholder(text: &str) -> Option<Placeholder<'_>> {
    let inside = text.strip_prefix("{{")?;
    let end = inside.as_bytes().windows(2).take(INSIDE_BYTES_MAX).position(|two| two == b"}}")?;
    let (name, fallback) = match inside[..end].split_once('|') {
        Some((_, fallback)) if fallback.contains(['{', '}']) => return None,
        Some((name, fallback)) => (name, Some(fallback.trim_matches(' '))),
        None => (&inside[..end], None),
    };
    let name = name.trim_matches(' ');
    // Any character of other scripts: the tone marks of Thai are neither letters nor digits.
    let belongs = |char: char| match char {
        '_' | '-' | '.' => true,
        char if char.is_ascii() => char.is_ascii_alphanumeric(),
        char => !char.is_whitespace() && !char.is_control(),
    };
    let is_name = (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && name.chars().all(belongs);
    is_name.then(|| Placeholder { name, fallback, after: &inside[end + 2..] })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(text: &str, variables: &Variables) -> Result<String, RenderError> {
        Pieces::of(text, variables)?.plain()
    }

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        let mut variables = Variables::default();
        for (name, value) in pairs {
            variables.set((*name).to_owned(), (*value).to_owned()).unwrap();
        }
        variables
    }

    fn rendered(text: &str) -> String {
        let variables = variables(&[("name", "Toon"), ("a.b-c_1", "{{name}}"), ("ชื่อ", "ต้น")]);
        render(text, &variables).unwrap()
    }

    #[test]
    fn puts_variables_in_their_places() {
        for (text, expected) in [
            ("Hi {{name}}, {{ name }}!", "Hi Toon, Toon!"),
            ("{{ชื่อ}}", "ต้น"),
            ("{{a.b-c_1}}", "{{name}}"),
            ("{{{name}}}", "{Toon}"),
            ("{{{{name}}}}", "{{Toon}}"),
            ("no placeholder", "no placeholder"),
            ("{name}", "{name}"),
            ("{{name|friend}}, {{ nmae | dear friend }}, {{nmae|}}!", "Toon, dear friend, !"),
        ] {
            assert_eq!(rendered(text), expected);
        }
    }

    #[test]
    fn leaves_alone_what_is_no_placeholder() {
        let long = format!("{{{{{}}}}}", "x".repeat(65));
        for text in [
            "{{|x}}",
            "{{a b|x}}",
            "{{name|{x}}}",
            "{{",
            "{{}}",
            "{{ }}",
            "{{#if x}}",
            "{{a b}}",
            "{{name}",
            "}}{{",
            "{{na{{",
            &long,
        ] {
            assert_eq!(rendered(text), text);
        }
    }

    #[test]
    fn a_fallback_takes_the_place_of_an_empty_value() {
        let variables = variables(&[("name", ""), ("city", "Odense")]);
        let rendered = render("{{name|friend}} {{city|x}} {{name}}.", &variables);
        assert_eq!(rendered.as_deref(), Ok("friend Odense ."));
        let pieces = Pieces::of("{{name|friend}} {{other}}", &variables).unwrap();
        let fields: Vec<_> = pieces.fields().map(|field| field.name.as_str()).collect();
        assert_eq!(fields, ["name", "other"]);
        assert_eq!(pieces.written().as_deref(), Ok("{{name|friend}} {{other}}"));
    }

    #[test]
    fn names_what_is_missing() {
        let missing = render("Hi {{nmae}}", &variables(&[("name", "Toon")]));
        assert_eq!(missing, Err(RenderError::Missing("nmae".to_owned())));
    }

    #[test]
    fn builds_no_more_than_may_be_sent() {
        let long = variables(&[("name", &"x".repeat(3_000))]);
        assert_eq!(render("{{name}}{{name}}{{name}}", &long), Err(RenderError::TooLong));
        let many = "{{name}}".repeat(1_001);
        let none = variables(&[("name", "")]);
        assert_eq!(render(&many, &none), Err(RenderError::TooManyPlaceholders));
        let mut variables = Variables::default();
        for number in 0..1_000 {
            variables.set(number.to_string(), String::new()).unwrap();
        }
        assert_eq!(variables.set("7".to_owned(), "again".to_owned()), Ok(()));
        assert_eq!(variables.set("more".to_owned(), String::new()), Err(TooManyVariables));
    }
}
