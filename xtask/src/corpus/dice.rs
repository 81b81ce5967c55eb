//! Random numbers that depend on a seed alone.

/// A small random number generator (splitmix64).
pub struct SeededDice(u64);

impl SeededDice {
    /// Numbers that depend on the seed alone.
    pub fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn roll_any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub fn roll_below(&mut self, n: u64) -> u64 {
        self.roll_any() % n.max(1)
    }

    /// An index below `n`, with small ones far more frequent.
    pub fn roll_skewed(&mut self, n: u64) -> u64 {
        #[allow(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss
        )]
        let index = {
            let unit = (self.roll_any() >> 11) as f64 / (1_u64 << 53) as f64;
            ((n as f64 + 1.0).powf(unit) - 1.0) as u64
        };
        index.min(n.saturating_sub(1))
    }

    /// One element of a list, which must not be empty.
    pub fn pick_one<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let index = usize::try_from(self.roll_below(list.len() as u64)).unwrap_or_default();
        list.get(index).unwrap_or_else(|| unreachable!("lists are not empty"))
    }
}
