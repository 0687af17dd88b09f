//! The number of digits of a number's country calling code (ITU-T E.164.1). Several countries may share a code: 25 use
//! +1, two use +7.

/// Digits of the calling code at the start of `leading`, the first three digits of a number. Unassigned codes count as
/// three digits.
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

/// Calling codes that belong to no country (ITU-T E.164.1): free phone, shared cost, satellite systems, universal
/// personal numbers, international networks, disaster relief, and international premium rate.
const GLOBAL_SERVICES: [u16; 9] = [800, 808, 870, 878, 881, 882, 883, 888, 979];

pub(super) fn is_global_service(calling_code: u16) -> bool {
    GLOBAL_SERVICES.contains(&calling_code)
}
