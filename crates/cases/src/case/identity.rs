//! The identity of a case.

use aware_core::fingerprint::Fingerprint;

/// The id of a case: stable for whoever began it, whatever joins later.
pub(super) fn case_id(parts: &[&str]) -> String {
    let all: Vec<&str> = std::iter::once("case").chain(parts.iter().copied()).collect();
    let digest = Fingerprint::from_parts(&all);
    let digits: String = digest.as_str().chars().rev().take_while(|c| *c != ':').collect();
    let digits: String = digits.chars().rev().take(16).collect();
    format!("c{digits}")
}

/// The id of the case that a principal began, by the principal's key.
pub fn actor_case_id(key: &str) -> String {
    case_id(&["actor", key])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_short_and_stable() {
        let id = case_id(&["arn:aws:iam::111122223333:user/alice"]);
        assert_eq!(id.len(), 17);
        assert_eq!(id, case_id(&["arn:aws:iam::111122223333:user/alice"]));
        assert_ne!(id, case_id(&["arn:aws:iam::111122223333:user/bob"]));
        assert!(id.chars().skip(1).all(|c| c.is_ascii_hexdigit()), "{id}");
    }
}
