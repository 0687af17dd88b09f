//! Placeholders in a text: `{{name}}` becomes the variable of that name.
//!
//! A name consists of letters and digits of any script, `_`, `-` and `.`, with optional spaces
//! around it. Braces around anything else are text, and so are the values of variables: they are
//! not expanded again.

use std::collections::HashMap;
use std::fmt;

use domain::limits;

const NAME_CHARS_MAX: usize = 64;

/// Bytes between the braces: a name with four bytes per character, and some spaces.
const INSIDE_BYTES_MAX: usize = NAME_CHARS_MAX * 4 + 16;

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
    #[error("with its variables the text has more than {max} characters", max = limits::BULK_TEXT_CHARS_MAX)]
    TooLong,
}

pub(super) fn render(text: &str, variables: &Variables) -> Result<String, RenderError> {
    let mut rendered = String::new();
    let mut placeholders = 0;
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        rendered.push_str(&rest[..at]);
        rest = &rest[at..];
        match placeholder(rest) {
            None => {
                rendered.push('{');
                rest = &rest[1..];
            }
            Some((name, after)) => {
                placeholders += 1;
                if placeholders > limits::TEMPLATE_VARIABLES_MAX {
                    return Err(RenderError::TooManyPlaceholders);
                }
                let value = variables.0.get(name);
                rendered.push_str(value.ok_or_else(|| RenderError::Missing(name.to_owned()))?);
                rest = after;
            }
        }
        if rendered.len() > BYTES_MAX {
            return Err(RenderError::TooLong);
        }
    }
    rendered.push_str(rest);
    Ok(rendered)
}

/// The name and the rest of a text that begins with two braces.
fn placeholder(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix("{{")?;
    let end = inside.as_bytes().windows(2).take(INSIDE_BYTES_MAX).position(|two| two == b"}}")?;
    let name = inside[..end].trim_matches(' ');
    // Any character of other scripts: the tone marks of Thai are neither letters nor digits.
    let belongs = |char: char| match char {
        '_' | '-' | '.' => true,
        char if char.is_ascii() => char.is_ascii_alphanumeric(),
        char => !char.is_whitespace() && !char.is_control(),
    };
    let is_name = (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && name.chars().all(belongs);
    is_name.then(|| (name, &inside[end + 2..]))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        ] {
            assert_eq!(rendered(text), expected);
        }
    }

    #[test]
    fn leaves_alone_what_is_no_placeholder() {
        let long = format!("{{{{{}}}}}", "x".repeat(65));
        for text in
            ["{{", "{{}}", "{{ }}", "{{#if x}}", "{{a b}}", "{{name}", "}}{{", "{{na{{", &long]
        {
            assert_eq!(rendered(text), text);
        }
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
