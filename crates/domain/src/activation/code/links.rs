//! Links and mail addresses of a text: digits in them are no code while the text has another one.

use super::plain::Plain;
use super::words::{Kind, has};

/// Names of a link's parameters that hold a code.
const CODE_PARAMETERS: [&str; 7] =
    ["code", "otp", "token", "pin", "c", "verification_code", "vcode"];

/// Shorter last parts of a path name a page.
const OPAQUE_CHARS_MIN: usize = 6;

#[derive(Debug)]
pub(super) struct Link {
    text: String,
}

/// Replaces links and addresses by spaces, and returns the links.
pub(super) fn set_aside(chars: &mut [char]) -> Vec<Link> {
    let mut links = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let is_part = |char: &char| char.is_ascii_graphic() && !matches!(char, '<' | '>' | '"');
        let length = chars.iter().skip(at).take_while(|char| is_part(char)).count();
        if length == 0 {
            at += 1;
            continue;
        }
        let word: String = chars.iter().skip(at).take(length).collect();
        let trimmed = word.trim_end_matches(['.', ',', ')', '!', '?', ';', ':', ']']);
        if let Some(begin) = link_begin(trimmed) {
            links.push(Link { text: trimmed.get(begin..).unwrap_or_default().to_owned() });
            chars.get_mut(at + begin..at + trimmed.len()).unwrap_or_default().fill(' ');
        } else if is_address(trimmed) {
            chars.get_mut(at..at + length).unwrap_or_default().fill(' ');
        }
        at += length;
    }
    links
}

/// Where a link begins in a word of ASCII characters: at its scheme, or at a host with a path.
fn link_begin(word: &str) -> Option<usize> {
    let lower = word.to_ascii_lowercase();
    if let Some(scheme) = lower.find("://") {
        let before = lower.get(..scheme)?;
        let letters = before.bytes().rev().take_while(u8::is_ascii_alphabetic).count();
        return (letters > 0).then(|| scheme - letters);
    }
    let start =
        lower.bytes().rposition(|byte| matches!(byte, b'(' | b'[' | b':')).map_or(0, |at| at + 1);
    let rest = lower.get(start..)?;
    let (host, _) =
        rest.split_once('/').or_else(|| rest.starts_with("www.").then_some((rest, "")))?;
    let top = host.rsplit('.').next()?;
    let is_host = host.contains('.')
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
        && top.len() >= 2
        && top.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_host.then_some(start)
}

fn is_address(word: &str) -> bool {
    word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
}

impl Link {
    /// The code that it carries: of a parameter, or as the last part of its path.
    fn code(&self) -> Option<&str> {
        let rest = self.text.split_once("://").map_or(self.text.as_str(), |(_, rest)| rest);
        let (path, query) = rest.split_once(['?', '#']).unwrap_or((rest, ""));
        let named = query.split(['&', '#']).filter_map(|pair| pair.split_once('=')).find(
            |(name, value)| {
                CODE_PARAMETERS.contains(&name.to_ascii_lowercase().as_str()) && is_code(value)
            },
        );
        let last = || {
            let (_, last) = path.trim_end_matches('/').rsplit_once('/')?;
            let digits = last.bytes().all(|byte| byte.is_ascii_digit());
            (digits && (4..=8).contains(&last.len())).then_some(last)
        };
        named.map(|(_, value)| value).or_else(last)
    }

    /// Whether it names something that only its receiver knows.
    fn is_opaque(&self) -> bool {
        let rest = self.text.split_once("://").map_or(self.text.as_str(), |(_, rest)| rest);
        let Some((_, path)) = rest.split_once('/') else { return false };
        path.split(['/', '?', '&', '=', '#']).any(|part| {
            part.len() >= OPAQUE_CHARS_MIN && part.bytes().any(|byte| byte.is_ascii_digit())
        })
    }
}

fn is_code(value: &str) -> bool {
    (4..=10).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && value.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether a link carries this code too.
pub(super) fn carries(plain: &Plain, code: &str) -> bool {
    plain.links.iter().any(|link| link.code() == Some(code))
}

/// Of a text without another code: the code that its only link carries, or the link, if it confirms.
pub(super) fn code_in_link(plain: &Plain) -> Option<String> {
    let [link] = plain.links.as_slice() else { return None };
    let confirms = has(&plain.lower, Kind::Weak) || has(&plain.lower, Kind::Label);
    if let Some(code) = link.code().filter(|_| confirms) {
        return Some(code.to_owned());
    }
    (confirms && has(&plain.lower, Kind::Action) && link.is_opaque()).then(|| link.text.clone())
}
