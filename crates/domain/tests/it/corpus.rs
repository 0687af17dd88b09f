//! Seeded randomness: the same texts and numbers on every machine.

/// Xorshift64: small, and good enough to choose letters.
pub(crate) struct Corpus(u64);

impl Corpus {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        let limit = u64::try_from(choices.len()).unwrap();
        choices[usize::try_from(self.below(limit)).unwrap()]
    }
}
