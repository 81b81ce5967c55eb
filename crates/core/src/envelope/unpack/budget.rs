//! How much the archives and nested parts of one file may produce.

use crate::envelope::decompress::DecompressionLimits;

/// How many times [`DecompressionLimits::max_bytes`] one archive may produce.
const MAX_BODIES: u64 = 64;

/// The remaining budget for what is packed within the bodies of one file, in total. A single body
/// has [`DecompressionLimits::max_nested`]; the members of an archive share as much as the archive itself may
/// produce.
#[derive(Clone, Copy, Debug)]
pub struct NestedBudget {
    limits: DecompressionLimits,
    left: u64,
}

impl NestedBudget {
    /// The budget of a file of this many bytes.
    pub fn new(limits: DecompressionLimits, bytes: usize) -> Self {
        Self { limits, left: max_archive_output(limits, bytes) }
    }

    /// The limits for the next body.
    pub fn limits_for_next(&self) -> DecompressionLimits {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        DecompressionLimits { max_nested: self.limits.max_nested.min(left), ..self.limits }
    }

    /// Deducts what a body produced.
    pub fn spend(&mut self, nested: usize) {
        self.left = self.left.saturating_sub(nested as u64);
    }
}

/// How much an archive of this many bytes may produce.
pub(super) fn max_archive_output(limits: DecompressionLimits, bytes: usize) -> u64 {
    let ratio = (bytes as u64).saturating_mul(limits.max_ratio as u64);
    let most = (limits.max_bytes as u64).saturating_mul(MAX_BODIES);
    ratio.min(most).max(limits.max_nested as u64)
}
