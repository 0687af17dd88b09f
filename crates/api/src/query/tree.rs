//! An answer as a tree, written as JSON or as XML. Keys keep their order, and numbers their digits:
//! amounts are never floats.

use serde::ser::{Error, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Null,
    Flag(bool),
    /// Digits of a JSON number.
    Number(String),
    Text(String),
    List(Vec<Node>),
    /// Keys are names of XML elements.
    Object(Vec<(&'static str, Node)>),
}

impl Node {
    pub(super) fn object(fields: impl Into<Vec<(&'static str, Self)>>) -> Self {
        Self::Object(fields.into())
    }

    pub(super) fn to_json(&self) -> String {
        // Digits, texts and keys of ours alone: it cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The same tree below `<response>`: a key is an element, a list repeats `<item>`, and null is an
    /// empty element.
    pub(super) fn to_xml(&self) -> String {
        let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
        self.write_xml("response", &mut xml);
        xml.push('\n');
        xml
    }

    fn write_xml(&self, name: &str, xml: &mut String) {
        if *self == Self::Null {
            *xml += &format!("<{name}/>");
            return;
        }
        *xml += &format!("<{name}>");
        match self {
            Self::Null => {}
            Self::Flag(flag) => *xml += if *flag { "true" } else { "false" },
            Self::Number(digits) => *xml += digits,
            Self::Text(text) => text.chars().for_each(|char| push_escaped(char, xml)),
            Self::List(items) => items.iter().for_each(|item| item.write_xml("item", xml)),
            Self::Object(fields) => {
                fields.iter().for_each(|(name, field)| field.write_xml(name, xml));
            }
        }
        *xml += &format!("</{name}>");
    }
}

/// XML 1.0 §2.2 has no way to write most control characters.
fn push_escaped(char: char, xml: &mut String) {
    match char {
        '&' => *xml += "&amp;",
        '<' => *xml += "&lt;",
        '>' => *xml += "&gt;",
        '"' => *xml += "&quot;",
        '\'' => *xml += "&apos;",
        // A parser would read a line feed.
        '\r' => *xml += "&#13;",
        '\t' | '\n' => xml.push(char),
        '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => xml.push(char::REPLACEMENT_CHARACTER),
        _ => xml.push(char),
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => to.serialize_unit(),
            Self::Flag(flag) => to.serialize_bool(*flag),
            Self::Number(digits) => {
                let digits = RawValue::from_string(digits.clone());
                digits.map_err(S::Error::custom)?.serialize(to)
            }
            Self::Text(text) => to.serialize_str(text),
            Self::List(items) => to.collect_seq(items),
            Self::Object(fields) => {
                let mut map = to.serialize_map(Some(fields.len()))?;
                for (name, field) in fields {
                    map.serialize_entry(name, field)?;
                }
                map.end()
            }
        }
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<bool> for Node {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

macro_rules! whole_numbers {
    ($($kind:ty),+) => {
        $(impl From<$kind> for Node {
            fn from(number: $kind) -> Self {
                Self::Number(number.to_string())
            }
        })+
    };
}

whole_numbers!(u8, u16, u32, u64, i64, usize);

impl<T: Into<Self>> From<Option<T>> for Node {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, T::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Node {
        Node::object([
            ("status", "success".into()),
            ("chars-count", 31_u32.into()),
            ("cost", Node::Number("0.0667".to_owned())),
            ("failed", false.into()),
            ("text", "<a href=\"x\">Rød & 'grøn' 😀\r\n\u{1}</a>".into()),
            ("list", Node::List(vec![Node::Null, 7_u64.into(), Node::object([])])),
            ("none", Node::List(vec![])),
        ])
    }

    #[test]
    fn keeps_order_and_digits_in_json() {
        assert_eq!(
            tree().to_json(),
            r#"{"status":"success","chars-count":31,"cost":0.0667,"failed":false,"#.to_owned()
                + r#""text":"<a href=\"x\">Rød & 'grøn' 😀\r\n\u0001</a>","#
                + r#""list":[null,7,{}],"none":[]}"#
        );
    }

    #[test]
    fn escapes_what_xml_cannot_hold() {
        let xml = tree().to_xml();
        let (head, body) = xml.split_once('\n').unwrap();
        assert_eq!(head, r#"<?xml version="1.0" encoding="UTF-8"?>"#);
        assert_eq!(
            body.trim_end(),
            "<response><status>success</status><chars-count>31</chars-count><cost>0.0667</cost>\
             <failed>false</failed><text>&lt;a href=&quot;x&quot;&gt;Rød &amp; &apos;grøn&apos; \
             😀&#13;\n\u{fffd}&lt;/a&gt;</text><list><item/><item>7</item><item></item></list>\
             <none></none></response>"
        );
    }
}
