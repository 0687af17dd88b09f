//! `view/yourprices`: what a text and a lookup cost by country, the account's credit, and its keywords.

use axum::extract::State;
use axum::response::Response;
use domain::sale::tariff::Product;
use engine::Engine;

use super::answer::{Failure, Success};
use super::call::Call;
use super::countries::countries;
use super::keyword;
use super::kroner::{balance, price};
use super::tree::Node;
use crate::settings::DoorState;

pub(crate) async fn view_prices(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(list(&door.engine, &call).await)
}

async fn list(engine: &Engine, call: &Call) -> Result<Success, Failure> {
    let account = call.looking()?;
    let tariff = engine.accounts.tariff(Some(account)).await?;
    let credit = engine.accounts.balance(account).await?;
    let keywords = engine.keywords.keywords_of(account).await?;
    let (part, lookup) = (tariff.price(Product::Part, None), tariff.price(Product::Lookup, None));
    let row = |name: &'static str, dialcode: u16, sms, lookup| {
        let each = Node::object([("sms", price(engine, sms)), ("hlr", price(engine, lookup))]);
        Node::object([("country", name.into()), ("dialcode", dialcode.into()), ("price", each)])
    };
    let named = countries().iter().filter_map(|country| {
        let own = |product| tariff.price_of_calling_code(product, country.dialcode);
        let (sms, hlr) = (own(Product::Part), own(Product::Lookup));
        sms.or(hlr)?;
        let (sms, hlr) = (sms.unwrap_or(part), hlr.unwrap_or(lookup));
        Some(row(country.name, country.dialcode, sms, hlr))
    });
    let elsewhere = row("Other countries", 0, part, lookup);
    let prices = Node::List(named.chain([elsewhere]).collect());
    let credit = Node::object([
        ("balance", balance(engine, credit.available)),
        ("timestamp", engine.accept.now().as_secs().into()),
    ]);
    let keywords = keywords.iter().map(|keyword| keyword::view(keyword, engine)).collect();
    let subscription = Node::object([("keywords", Node::List(keywords))]);
    let object =
        Node::object([("prices", prices), ("credit", credit), ("subscription", subscription)]);
    Ok(Success::of("VIEW_YOURPRICES", "yourprices", object))
}
