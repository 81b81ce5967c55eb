//! The smallest statement that would cure a denial, and who can decide where there is none.

mod grant;

pub use grant::Grant;
