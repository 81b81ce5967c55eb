//! Account ids.

/// Whether a text is an account's id: 12 digits.
///
/// Source: AWS Account Management Reference Guide, "AWS account identifiers".
///
/// ```
/// use aware_core::event::is_account_id;
/// assert!(is_account_id("111122223333"));
/// assert!(!is_account_id("1111-2222-3333"));
/// ```
pub fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
