//! What sources outside this crate are made of.

pub use super::arn_principal::principal_of_arn;
pub use super::http::{client_principal, explain_refusal};
pub use super::json::{parse_record, record_digest};
