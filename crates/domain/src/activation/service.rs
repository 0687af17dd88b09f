//! The services whose codes are received: their codes, names, and what their texts look like.
//!
//! The table is `data/services.tsv`. A service is found by its code or its name ([`Service::find`]).

use std::sync::LazyLock;

use super::ServiceCode;
use super::country::{fold, lines};

static SERVICES: LazyLock<Vec<Service>> =
    LazyLock::new(|| lines(include_str!("../../data/services.tsv")).filter_map(read).collect());

/// Any service that has no code of its own.
pub const OTHER: &str = "ot";

/// Never gets a code from the sandbox.
const NO_CODE: &str = "none";

/// Services named in an error.
const CANDIDATES_MAX: usize = 8;

#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    pub code: ServiceCode,
    pub name: &'static str,
    /// Name and further names, folded.
    folded: Vec<String>,
    /// In lower case.
    words: Vec<&'static str>,
    /// Usual lengths of codes, in digits.
    lengths: Vec<usize>,
}

/// Why a text names no service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    #[error("there is no such service")]
    Unknown,
    #[error("several services have this name: {}", candidates(.0))]
    Several(Vec<&'static Service>),
}

fn candidates(services: &[&'static Service]) -> String {
    let shown = services.iter().take(CANDIDATES_MAX);
    let mut names: Vec<_> =
        shown.map(|service| format!("{} ({})", service.name, service.code.as_str())).collect();
    if services.len() > CANDIDATES_MAX {
        names.push(format!("{} more", services.len() - CANDIDATES_MAX));
    }
    names.join(", ")
}

impl Service {
    /// By code or name, in any case. Of names one counts that is exactly the text, and then the only
    /// one that contains it; two or three characters are within no name.
    pub fn find(text: &str) -> Result<&'static Self, ServiceError> {
        let lower = text.trim().to_lowercase();
        if let Some(found) = Self::of_code(&lower) {
            return Ok(found);
        }
        let name = fold(&lower);
        if name.is_empty() {
            return Err(ServiceError::Unknown);
        }
        let exact = |service: &&Self| service.folded.contains(&name);
        if let Some(found) = SERVICES.iter().find(exact) {
            return Ok(found);
        }
        if matches!(lower.chars().count(), 2..=3) {
            return Err(ServiceError::Unknown);
        }
        let within = |service: &&Self| service.folded.iter().any(|known| known.contains(&name));
        let found: Vec<_> = Self::listed().filter(within).collect();
        match found[..] {
            [] => Err(ServiceError::Unknown),
            [service] => Ok(service),
            _ => Err(ServiceError::Several(found)),
        }
    }

    pub fn of(code: &ServiceCode) -> Option<&'static Self> {
        Self::of_code(code.as_str())
    }

    fn of_code(code: &str) -> Option<&'static Self> {
        SERVICES.iter().find(|service| service.code.as_str() == code)
    }

    /// Those that are sold for one code each.
    pub fn listed() -> impl Iterator<Item = &'static Self> {
        SERVICES
            .iter()
            .filter(|service| !service.code.is_full() && service.code.as_str() != NO_CODE)
    }

    /// Whether a text, or the name of its sender, shows that it is of this service. Any text is of
    /// `ot` and of `full`.
    pub fn is_in(&self, sender: &str, text: &str) -> bool {
        let has = |words: &str| self.words.iter().any(|word| has_word(words, word));
        self.takes_any() || has(&sender.to_lowercase()) || has(&text.to_lowercase())
    }

    /// Whether it has no texts of its own.
    pub const fn takes_any(&self) -> bool {
        self.words.is_empty()
    }

    /// Usual lengths of its codes, in digits; empty when nothing is known.
    pub fn lengths(&self) -> &[usize] {
        &self.lengths
    }
}

/// Whether a text has this word, not as a part of a longer one. Scripts without spaces have no such
/// limits. Both are in lower case.
fn has_word(text: &str, word: &str) -> bool {
    let limited = word.chars().all(|char| char.is_ascii() || char.is_lowercase());
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        let open = |char: Option<char>| !char.is_some_and(|char| char.is_alphanumeric());
        !limited || (open(before) && open(after))
    })
}

fn read(line: &'static str) -> Option<Service> {
    let mut columns = line.split('\t');
    let code = columns.next()?.parse().ok()?;
    let name = columns.next()?;
    let mut list = || columns.next().filter(|column| *column != "-").unwrap_or_default().split(';');
    let (aliases, words, lengths) = (list(), list(), list());
    let mut folded: Vec<_> = [name].into_iter().chain(aliases).map(fold).collect();
    folded.retain(|name| !name.is_empty());
    folded.sort_unstable();
    folded.dedup();
    Some(Service {
        code,
        name,
        folded,
        words: words.filter(|word| !word.is_empty()).collect(),
        lengths: lengths.filter_map(|length| length.parse().ok()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn code(text: &str) -> Option<&'static str> {
        Service::find(text).ok().map(|service| service.code.as_str())
    }

    #[test]
    fn every_line_is_a_service_and_every_code_and_name_is_one_service() {
        let rows = lines(include_str!("../../data/services.tsv")).count();
        assert_eq!(SERVICES.len(), rows);
        assert!(Service::listed().count() >= 60, "the most used ones");
        let codes: HashSet<_> = SERVICES.iter().map(|service| service.code.as_str()).collect();
        assert_eq!(codes.len(), rows);
        let mut names = HashSet::new();
        for service in &*SERVICES {
            assert_eq!(Service::of(&service.code), Some(service));
            for name in &service.folded {
                assert!(names.insert(name), "{name} is of two services");
            }
            for word in &service.words {
                assert_eq!(*word, word.to_lowercase(), "words are compared in lower case");
            }
        }
    }

    #[test]
    fn finds_services_as_clients_write_them() {
        for (text, expected) in [
            ("tg", "tg"),
            ("TG", "tg"),
            ("acz", "acz"),
            ("twitter", "tw"),
            ("Twitter", "tw"),
            ("other", "ot"),
            ("Any other", "ot"),
            ("openAI", "dr"),
            ("google", "go"),
            ("Google,youtube,Gmail", "go"),
            ("gmail", "go"),
            ("whatsapp", "wa"),
            ("vk.com", "vk"),
            ("tiktok", "lf"),
            ("douyin", "lf"),
            ("Line messenger", "me"),
            ("line", "me"),
            ("proton", "dp"),
            ("netfl", "nf"),
            ("full", "full"),
            ("none", "none"),
            ("x", "tw"),
            (" Telegram ", "tg"),
            ("Одноклассники", "ok"),
        ] {
            assert_eq!(code(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_service_or_several() {
        for text in ["", " ", "zz", "zzz", "tgx", "no such service", "!", "…"] {
            assert_eq!(Service::find(text), Err(ServiceError::Unknown), "{text:?}");
        }
        let several = Service::find("mess").unwrap_err();
        assert!(matches!(&several, ServiceError::Several(found) if found.len() > 2), "{several:?}");
        let text = several.to_string();
        assert!(text.contains("Line messenger (me)") && text.contains("Telegram (tg)"), "{text}");
        let text = Service::find("a").unwrap_err().to_string();
        assert!(text.ends_with(" more"), "{text}");
    }

    #[test]
    fn a_text_shows_its_service() {
        let is_in =
            |code: &str, sender: &str, text: &str| Service::find(code).unwrap().is_in(sender, text);
        assert!(is_in("tg", "Telegram", "12345") && is_in("tg", "", "TELEGRAM code 12345"));
        assert!(is_in("wb", "", "微信验证码123456") && !is_in("wb", "", "验证码123456"));
        assert!(!is_in("me", "", "Your online code 1234"), "a part of a word is another word");
        assert!(!is_in("tw", "", "Xbox 123456") && is_in("tw", "X", "123456"));
        assert!(is_in("ot", "", "anything") && is_in("full", "", ""));
    }
}
