//! Time and randomness.

use crate::time::Timestamp;

/// Wall-clock time. Tests set it.
pub trait Clock: Send + Sync + std::fmt::Debug {
    fn now(&self) -> Timestamp;
}

/// Cryptographic randomness from the operating system. Tests seed it.
pub trait Random: Send + Sync + std::fmt::Debug {
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Random + '_ {
    /// 32 random bytes: a preimage, a key, a signing secret.
    pub fn bytes32(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.fill(&mut bytes);
        bytes
    }
}
