//! How many leading digits of a number are its country calling code (ITU-T E.164.1).
//!
//! The code says less than a country: +1 is shared by 25 of them, +7 by two.

/// Digits of the calling code that `leading`, the first three digits of a number, begins with.
/// Codes without an owner count as three, like their neighbours.
pub(super) const fn calling_code_digits(leading: u16) -> u32 {
    match leading / 100 {
        1 | 7 => return 1,
        _ => {}
    }
    match leading / 10 {
        20 | 27 | 28 | 30..=34 | 36 | 39 | 40 | 41 | 43..=49 | 51..=58 | 60..=66 => 2,
        81..=84 | 86 | 89..=95 | 98 => 2,
        _ => 3,
    }
}
