//! What the payer's wallet shows of an order: never a number or a text.

use domain::activation::NumberRequest;
use domain::activation::country::Country;
use domain::activation::service::Service;
use domain::message::Address;
use domain::sale::fulfilment::Fulfilment;

pub(super) fn memo(fulfilment: &Fulfilment) -> String {
    match fulfilment {
        Fulfilment::Message { to: Address::Phone(_), .. } => "boltgram payment SMS".to_owned(),
        Fulfilment::Message { to: Address::Email(_), .. } => "boltgram payment e-mail".to_owned(),
        Fulfilment::Activation { wanted, .. } => of_number(wanted),
        Fulfilment::Credit => "boltgram fund account".to_owned(),
    }
}

/// `boltgram payment Germany Telegram`.
fn of_number(wanted: &NumberRequest) -> String {
    let country = wanted.country.and_then(Country::of).map(Country::label);
    let service = Service::of(&wanted.service).map(|service| service.name);
    let words = ["boltgram payment"].into_iter().chain(country);
    let words = words.chain([service.unwrap_or(wanted.service.as_str())]);
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use domain::activation::CountryCode;

    use super::*;

    #[test]
    fn names_the_country_and_the_service() {
        let memo = |service: &str, country| {
            let wanted = NumberRequest::for_code(service.parse().unwrap(), country);
            memo(&Fulfilment::number(wanted))
        };
        assert_eq!(memo("tg", Some(CountryCode(43))), "boltgram payment Germany Telegram");
        assert_eq!(memo("zz9", None), "boltgram payment zz9");
    }
}
