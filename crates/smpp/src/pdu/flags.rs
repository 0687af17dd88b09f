//! Single-octet fields: esm_class, registered_delivery, data_coding, type of number and numbering plan.
//! All 256 values of each are preserved.

/// `esm_class` (SMPP 3.4 §5.2.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct EsmClass(pub u8);

impl EsmClass {
    /// Store and forward, an ordinary message.
    pub const DEFAULT: Self = Self(0);
    /// The message begins with a user data header.
    pub const UDHI: Self = Self(0x40);
    /// A delivery receipt (`deliver_sm`, `data_sm`).
    pub const RECEIPT: Self = Self(0x04);
    /// An intermediate notification: a receipt that is not final.
    pub const INTERMEDIATE: Self = Self(0x20);

    /// Whether the message begins with a user data header.
    #[must_use]
    pub const fn has_udh(self) -> bool {
        self.0 & 0x40 != 0
    }

    /// Whether the type bits mark a delivery receipt.
    #[must_use]
    pub const fn is_receipt(self) -> bool {
        self.0 & 0x3C == 0x04
    }

    /// Whether the type bits mark an intermediate notification.
    #[must_use]
    pub const fn is_intermediate(self) -> bool {
        self.0 & 0x3C == 0x20
    }

    /// Whether the type bits mark a delivery (0x08) or manual (0x10) acknowledgement by the recipient, which is no receipt.
    #[must_use]
    pub const fn is_acknowledgement(self) -> bool {
        matches!(self.0 & 0x3C, 0x08 | 0x10)
    }
}

/// `registered_delivery` (SMPP 3.4 §5.2.17): which receipts are requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RegisteredDelivery(pub u8);

impl RegisteredDelivery {
    /// No receipt.
    pub const NONE: Self = Self(0x00);
    /// A receipt for the final outcome, good or bad.
    pub const FINAL: Self = Self(0x01);
    /// A receipt for failure only.
    pub const FAILURE: Self = Self(0x02);
    /// A receipt for success only (5.0; reserved in 3.4).
    pub const SUCCESS: Self = Self(0x03);
    /// [`Self::FINAL`] and intermediate notifications.
    pub const FINAL_AND_INTERMEDIATE: Self = Self(0x11);

    /// Whether a receipt is requested for a delivered (or, with `false`, failed) message.
    #[must_use]
    pub const fn wants(self, delivered: bool) -> bool {
        match self.0 & 0x03 {
            0x01 => true,
            0x02 => !delivered,
            0x03 => delivered,
            _ => false,
        }
    }
}

/// `data_coding` (SMPP 3.4 §5.2.19). 0 is the SMSC's default alphabet, which differs between carriers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct DataCoding(pub u8);

impl DataCoding {
    /// The SMSC's default alphabet.
    pub const DEFAULT: Self = Self(0x00);
    /// IA5, ASCII.
    pub const ASCII: Self = Self(0x01);
    /// ISO-8859-1.
    pub const LATIN1: Self = Self(0x03);
    /// Binary octets.
    pub const BINARY: Self = Self(0x04);
    /// UCS-2, big-endian.
    pub const UCS2: Self = Self(0x08);
    /// GSM 7 bit, class 0: for display (3GPP TS 23.038 §4).
    pub const GSM7_CLASS_0: Self = Self(0x10);
    /// UCS-2, class 0.
    pub const UCS2_CLASS_0: Self = Self(0x18);
}

/// Type of number (SMPP 3.4 §5.2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Ton(pub u8);

#[allow(missing_docs)]
impl Ton {
    pub const UNKNOWN: Self = Self(0);
    pub const INTERNATIONAL: Self = Self(1);
    pub const NATIONAL: Self = Self(2);
    pub const NETWORK_SPECIFIC: Self = Self(3);
    pub const SUBSCRIBER: Self = Self(4);
    pub const ALPHANUMERIC: Self = Self(5);
    pub const ABBREVIATED: Self = Self(6);
}

/// Numbering plan indicator (SMPP 3.4 §5.2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Npi(pub u8);

#[allow(missing_docs)]
impl Npi {
    pub const UNKNOWN: Self = Self(0);
    pub const ISDN: Self = Self(1);
    pub const DATA: Self = Self(3);
    pub const NATIONAL: Self = Self(8);
    pub const PRIVATE: Self = Self(9);
    pub const INTERNET: Self = Self(14);
}

/// An address with its type and plan. Any octets but NUL are allowed: some carriers put Latin-1 into sender names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Address<'a> {
    /// Type of number.
    pub ton: Ton,
    /// Numbering plan.
    pub npi: Npi,
    /// Digits, a name or another address, without the NUL.
    pub addr: &'a [u8],
}

impl<'a> Address<'a> {
    /// An international number: digits without `+`.
    #[must_use]
    pub const fn international(addr: &'a [u8]) -> Self {
        Self { ton: Ton::INTERNATIONAL, npi: Npi::ISDN, addr }
    }

    /// An alphanumeric sender.
    #[must_use]
    pub const fn alphanumeric(addr: &'a [u8]) -> Self {
        Self { ton: Ton::ALPHANUMERIC, npi: Npi::UNKNOWN, addr }
    }

    /// A number of unknown type.
    #[must_use]
    pub const fn unknown(addr: &'a [u8]) -> Self {
        Self { ton: Ton::UNKNOWN, npi: Npi::UNKNOWN, addr }
    }
}

/// Shows the type, the plan and the length, never the number.
impl std::fmt::Debug for Address<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/<{} octets>", self.ton.0, self.npi.0, self.addr.len())
    }
}

/// A password in a PDU; `Debug` does not show it.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Secret<'a>(pub &'a [u8]);

impl std::fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<secret>")
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, EsmClass, RegisteredDelivery, Secret};

    #[test]
    fn the_type_bits_classify_a_delivery() {
        for (byte, receipt, intermediate, ack) in [
            (0x00, false, false, false),
            (0x04, true, false, false),
            (0x44, true, false, false),
            (0x08, false, false, true),
            (0x10, false, false, true),
            (0x20, false, true, false),
            (0x40, false, false, false),
        ] {
            let class = EsmClass(byte);
            assert_eq!(class.is_receipt(), receipt, "{byte:#x}");
            assert_eq!(class.is_intermediate(), intermediate, "{byte:#x}");
            assert_eq!(class.is_acknowledgement(), ack, "{byte:#x}");
        }
    }

    #[test]
    fn receipts_are_wanted_only_for_the_requested_outcomes() {
        assert!(RegisteredDelivery::FINAL.wants(true) && RegisteredDelivery::FINAL.wants(false));
        assert!(
            RegisteredDelivery::FAILURE.wants(false) && !RegisteredDelivery::FAILURE.wants(true)
        );
        assert!(
            RegisteredDelivery::SUCCESS.wants(true) && !RegisteredDelivery::SUCCESS.wants(false)
        );
        assert!(!RegisteredDelivery::NONE.wants(true));
    }

    #[test]
    fn numbers_and_passwords_are_not_shown() {
        let shown = format!("{:?} {:?}", Address::international(b"4512345678"), Secret(b"hunter2"));
        assert!(!shown.contains("4512") && !shown.contains("hunter"), "{shown}");
    }
}
