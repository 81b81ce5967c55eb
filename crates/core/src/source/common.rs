//! What sources outside this crate are made of.

pub use super::arn_principal::principal_of_arn;
pub use super::http::{address_of_endpoint, client_principal, explain_refusal};
pub use super::json::{bytes_digest, parse_record, record_digest};
