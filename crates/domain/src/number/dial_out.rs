//! The prefixes that are dialled in a country before an international number (ITU-T Operational Bulletin, "Dialling
//! procedures"). `x` stands for any digit.
//!
//! Only prefixes are listed that a list of numbers can be expected to have. In some countries `00` itself is dialled; in
//! others (Thailand, Singapore, Brazil) it is only the beginning of a carrier's prefix, and a number with a bare `00` was
//! written by somebody who thinks of `+`. A country that lists `00` has both readings at once; see `super::readings`.
//! Prefixes that would make a neighbour's `00` number ambiguous and are hardly in use are left out (Thailand's 004 to
//! 006: `0066…` is Thailand itself).

/// In most countries.
const USUAL: &[&str] = &["00"];

/// The prefixes of a country, by its ISO 3166-1 code and its calling code.
pub(super) fn dial_out(country: &str, calling_code: u16) -> &'static [&'static str] {
    if calling_code == 1 {
        return &["011"];
    }
    match country {
        "AU" => &["0011", "0014", "0015", "0016", "0018", "0019"],
        "BO" => &["00", "001x"],
        "BR" => &[
            "0012", "0014", "0015", "0021", "0022", "0023", "0025", "0031", "0041", "0043", "0055",
            "0065", "0099",
        ],
        "BY" | "KZ" | "RU" | "TJ" | "TM" => &["810"],
        "CL" => &["00", "11x0", "12x0", "15x0", "16x0", "17x0", "18x0"],
        "CN" => &["00", "11xxx00", "12xxx00", "179xx00"],
        "CO" => &["005", "007", "009", "00414", "00444", "00456"],
        "CU" => &["119"],
        "CV" => &["00", "0"],
        "FI" => &["00", "990", "991", "994", "996", "999", "995xx"],
        "FJ" => &["00", "052"],
        "GY" | "MN" => &["001"],
        "HK" => &["001", "002", "007", "009", "0030", "0050", "0059", "0060", "0080"],
        "ID" => &["001", "007", "008", "009", "01017"],
        "IL" => &["00", "012", "013", "014", "015", "016", "017", "018", "019"],
        "IS" => &["00", "1001", "1010", "1020", "1100"],
        "JP" => &["010", "001010", "0033010", "0041010", "0061010"],
        "KE" | "TZ" | "UG" => &["000"],
        "KH" => &["001", "007", "008"],
        "KR" => &[
            "001", "002", "005", "006", "008", "009", "00345", "00365", "00391", "00700", "00727",
            "0073", "00755", "00761", "00762", "00766",
        ],
        "MU" => &["00", "020", "030", "033", "040", "050", "060", "070"],
        "MV" => &["00", "019"],
        "MX" => &["00", "09"],
        "NG" => &["009"],
        "NZ" => &["00", "0161"],
        "PE" => &["00", "191x00", "197700", "199000"],
        "PG" => &["00", "1401", "1402", "1403"],
        "SC" => &["00", "010"],
        "SG" => &["001", "002", "008", "012", "013", "018", "019", "02x"],
        "SI" => &["00", "1022", "1066", "1088", "1099"],
        "TD" => &["00", "16"],
        "TH" => &["001", "007", "008", "009"],
        "TW" => &["002", "005", "006", "007", "009", "019"],
        "UY" => &["00", "013x", "014x", "015x", "016x", "017x", "018x", "019x"],
        "WS" => &["0"],
        _ => USUAL,
    }
}

/// The digits after a prefix, if they begin with it. No calling code begins with 0.
pub(super) fn after<'a>(digits: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = digits.split_at_checked(prefix.len())?;
    let mut pairs = prefix.bytes().zip(head.bytes());
    let fits = pairs.all(|(wanted, digit)| wanted == b'x' || wanted == digit);
    (fits && !rest.is_empty() && !rest.starts_with('0')).then_some(rest)
}
