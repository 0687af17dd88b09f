//! `GET /assets/saimages/tg0.svg`: a neutral icon of a service, a coloured disc with its initial. No
//! service's own mark is shown.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use domain::activation::service::Service;
use http::{Refusal, not_found};

const FOLDER: &str = "/assets/saimages/";

/// As other servers of this contract name their files: with a zero for a service without forwarding.
const ENDING: &str = "0.svg";

pub(super) fn icon_path(code: &str) -> String {
    format!("{FOLDER}{code}{ENDING}")
}

/// Of a service; old clients append other endings.
pub(crate) async fn show_icon(
    file: Result<Path<String>, PathRejection>,
) -> Result<impl IntoResponse, Refusal> {
    let absent = || not_found("there is no such image");
    let Path(file) = file.map_err(|_| absent())?;
    let code = file.strip_suffix(ENDING).or_else(|| file.strip_suffix(".svg")).unwrap_or(&file);
    let code = code.parse().ok();
    let service = code.as_ref().and_then(Service::of);
    let service = service.ok_or_else(absent)?;
    let headers = [(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "public, max-age=86400")];
    Ok((headers, draw(service)))
}

fn draw(service: &Service) -> String {
    let hue =
        service.code.as_str().bytes().fold(7, |hue: u32, byte| (hue * 31 + u32::from(byte)) % 360);
    let initial = service.name.chars().find(|char| char.is_alphanumeric()).unwrap_or('?');
    let initial: String = initial.to_uppercase().collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 64 64\" width=\"64\" height=\"64\">\
         <circle cx=\"32\" cy=\"32\" r=\"32\" fill=\"hsl({hue},45%,42%)\"/>\
         <text x=\"32\" y=\"43\" font-family=\"sans-serif\" font-size=\"32\" fill=\"#fff\" \
         text-anchor=\"middle\">{initial}</text></svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_has_an_icon_without_markup_of_its_name() {
        for service in Service::listed() {
            let icon = draw(service);
            assert_eq!(icon.matches('<').count(), 5, "{icon}");
            assert!(icon.contains(">") && icon.ends_with("</svg>"));
        }
    }
}
