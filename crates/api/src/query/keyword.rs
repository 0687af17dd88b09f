//! What the endpoints of keywords share: the parameters `gateway`, `keyword` and `reply`, the form of a keyword,
//! and the words of errors.

use domain::inbound::Party;
use domain::inbound::keyword::Word;
use domain::inbound::sold_keyword::{BadReply, SoldKeyword};
use engine::Engine;
use engine::keywords::KeywordError;

use super::answer::Failure;
use super::call::Call;
use super::kroner::price;
use super::parameters::Parameters;
use super::tree::Node;

/// Digits of a number or short code.
const GATEWAY_DIGITS_MAX: usize = 20;

/// The keyword that a call names.
pub(super) fn read_keyword(asked: &Parameters) -> Result<(Party, Word), Failure> {
    let gateway = asked.get("gateway");
    let wrong = |word, input| Failure::echo(word, "buy", "gateway", input);
    let written = gateway.ok_or_else(|| wrong("GATEWAY_EMPTY", None))?;
    let is_mark = |char: char| matches!(char, '+' | ' ' | '-' | '(' | ')');
    let digits: String = written.chars().filter(|char| !is_mark(*char)).collect();
    let are_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits || !(1..=GATEWAY_DIGITS_MAX).contains(&digits.len()) {
        return Err(wrong("GATEWAY_INVALID", gateway));
    }
    let word = asked.get("keyword");
    let wrong = |error| Failure::echo(error, "buy", "keyword", word);
    let written = word.ok_or_else(|| wrong("KEYWORD_EMPTY"))?;
    let word = written.parse();
    let word = word.map_err(|error| wrong("KEYWORD_INVALID").because(format!("{error}")))?;
    Ok((Party::new(digits), word))
}

/// The account's keyword that a call names.
pub(super) async fn find_keyword(
    engine: &Engine,
    account: domain::id::AccountId,
    asked: &Parameters,
) -> Result<SoldKeyword, Failure> {
    let (number, word) = read_keyword(asked)?;
    let found = engine.keywords.keyword_of(account, &number, &word).await?;
    found.ok_or_else(|| failure(&KeywordError::NoSuchKeyword, asked))
}

/// `shutdown` is when it ends, and 0 while it is renewed; `reply` and `controlkeyword` are ours.
pub(super) fn view(keyword: &SoldKeyword, engine: &Engine) -> Node {
    let until = keyword.paid_until.as_secs();
    Node::object([
        ("controlkeyword", keyword.id.0.into()),
        ("gateway", digits(&keyword.number)),
        ("keyword", keyword.word.as_str().into()),
        ("price", price(engine, keyword.price)),
        ("shutdown", (if keyword.renews { 0 } else { until }).into()),
        ("paiduntil", until.into()),
        ("reply", keyword.reply.as_ref().map(|reply| reply.as_str()).into()),
    ])
}

/// A number of ours as a JSON number.
pub(super) fn digits(number: &Party) -> Node {
    let number = number.as_str();
    let plain = !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit());
    if plain && !number.is_empty() { Node::Number(number.to_owned()) } else { number.into() }
}

/// Whether it is renewed at the end of its period; `None`: the call does not say.
pub(super) fn read_renews(call: &Call) -> Option<bool> {
    call.parameters.get("shutdown").map(|_| !call.parameters.flag("shutdown"))
}

pub(super) fn failure(error: &KeywordError, asked: &Parameters) -> Failure {
    let of = |word, field| Failure::echo(word, "buy", field, asked.get(field));
    let failure = match error {
        // As the old service has it.
        KeywordError::Taken => return Failure::new("KEYWORD_EXISTS"),
        KeywordError::Yours => Failure::new("KEYWORD_EXISTS"),
        KeywordError::NotOffered => of("GATEWAY_INVALID", "gateway"),
        KeywordError::Reserved => of("KEYWORD_RESERVED", "keyword"),
        KeywordError::NoSuchKeyword => of("KEYWORD_NOT_FOUND", "keyword"),
        KeywordError::TooMany => Failure::new("TOO_MANY_KEYWORDS"),
        KeywordError::Insufficient { .. } | KeywordError::OverDailyLimit { .. } => {
            Failure::new("CANNOT_AFFORD")
        }
        KeywordError::BadReply(BadReply::Length) => of("REPLY_LONG", "reply"),
        KeywordError::BadReply(BadReply::Text(_)) => of("REPLY_INVALID", "reply"),
        KeywordError::Store(source) => return source.into(),
    };
    failure.because(error.to_string())
}
