//! A contact as this door shows it.

use domain::account::people::{BIRTHDAY, EMAIL, FoundContact, SEX, STREET, ZIP_CODE};
use domain::id::GroupId;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::number_fields::{digits_or_text, number_fields};
use super::tree::Node;

/// The zone of birthdays (contract: Unix timestamp, Europe/Copenhagen).
const ZONE: &str = "Europe/Copenhagen";

pub(super) fn contact_view(contact: &FoundContact) -> Node {
    let field = |name: &str| contact.fields.get(name).map(String::as_str);
    let text = |text: Option<&str>| text.map_or(Node::Null, Node::from);
    let [msisdn, dialcode, number] = number_fields(contact.number);
    Node::object([
        ("birthday", birthday(field(BIRTHDAY))),
        ("controlcontact", control_contact(contact)),
        dialcode,
        ("email", text(field(EMAIL))),
        ("fullname", text(contact.name.as_deref())),
        ("groups", groups(&contact.groups)),
        msisdn,
        number,
        ("sex", sex(field(SEX))),
        ("street", text(field(STREET))),
        ("zipcode", digits_or_text(field(ZIP_CODE))),
    ])
}

/// The person's id or, of a contact that came with a file, its number: either names it in a call.
pub(super) fn control_contact(contact: &FoundContact) -> Node {
    contact.named().map_or(Node::Null, |named| Node::Number(named.shown().to_string()))
}

fn groups(groups: &[GroupId]) -> Node {
    if groups.is_empty() {
        return Node::Null;
    }
    Node::List(groups.iter().map(|group| Node::Number(group.0.to_string())).collect())
}

/// Seconds since 1970, of a date the beginning of the day in Denmark; null of what is neither.
fn birthday(text: Option<&str>) -> Node {
    let Some(text) = text else { return Node::Null };
    let seconds = text.parse::<i64>().ok().or_else(|| {
        let zone = TimeZone::get(ZONE).ok()?;
        let day = text.parse::<Date>().ok()?.to_zoned(zone).ok()?;
        Some(day.timestamp().as_second())
    });
    seconds.map_or(Node::Null, |seconds| Node::Number(seconds.to_string()))
}

/// Files say it in words.
fn sex(text: Option<&str>) -> Node {
    match text.map(str::to_lowercase).as_deref() {
        Some("1" | "m" | "male" | "mand") => Node::Number("1".to_owned()),
        Some("2" | "f" | "k" | "female" | "kvinde") => Node::Number("2".to_owned()),
        _ => Node::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_birthday_is_a_timestamp_or_a_danish_date() {
        let number = |number: &str| Node::Number(number.to_owned());
        assert_eq!(birthday(Some("315529200")), number("315529200"));
        assert_eq!(birthday(Some("1980-01-01")), number("315529200"));
        assert_eq!(birthday(Some("1960-07-01")), number("-299898000"));
        assert_eq!(birthday(Some("in May")), Node::Null);
    }

    #[test]
    fn a_sex_is_1_or_2() {
        let shown = |text| sex(Some(text));
        assert_eq!(shown("M"), shown("1"));
        assert_eq!(shown("kvinde"), shown("2"));
        assert_eq!((shown("x"), sex(None)), (Node::Null, Node::Null));
    }
}
