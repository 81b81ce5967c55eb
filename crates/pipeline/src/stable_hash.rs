//! A hash that is the same in every process of this program.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};

/// Hashes a value with fixed keys, so that it can be compared with what another process kept.
///
/// Nothing that an attacker chooses may depend on it: equal hashes can be made.
pub fn stable_hash(value: impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(value)
}
