//! Values of filters: an impossible account or region is refused right away.

use aware_core::event::is_account_id;
use aware_core::near::did_you_mean;
use aware_iam::lint::{is_known_region, nearest_region};

/// The words that may precede the number at the end of a region's name.
const DIRECTIONS: [&str; 9] = [
    "central",
    "east",
    "north",
    "northeast",
    "northwest",
    "south",
    "southeast",
    "southwest",
    "west",
];

/// Parses an account id.
pub(super) fn parse_account(text: &str) -> Result<String, String> {
    let digits = text.replace('-', "");
    is_account_id(&digits).then_some(digits).ok_or_else(|| {
        format!("`{text}` is not an account (hint: an account id has 12 digits, including leading zeros)")
    })
}

/// Parses a region's name: a known one, or one that could be new.
pub(super) fn parse_region(text: &str) -> Result<String, String> {
    if is_known_region(text) || could_be_region(text) {
        return Ok(text.to_owned());
    }
    let hint = match nearest_region(&text.to_ascii_lowercase()) {
        Some(near) => did_you_mean(near),
        None => "use AWS's form: eu-west-1".to_owned(),
    };
    Err(format!("`{text}` is not a region (hint: {hint})"))
}

/// Whether a name has AWS's form: `eu-west-1`, `us-gov-east-1`.
fn could_be_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [first, middle @ .., direction, number] = parts.as_slice() else { return false };
    let is_word =
        |word: &str| (1..=6).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase());
    is_word(first)
        && first.len() >= 2
        && middle.iter().all(|word| is_word(word))
        && DIRECTIONS.contains(direction)
        && matches!(number.parse::<u8>(), Ok(1..=9))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_twelve_digits() {
        assert_eq!(parse_account("111122223333").as_deref(), Ok("111122223333"));
        assert_eq!(parse_account("1111-2222-3333").as_deref(), Ok("111122223333"));
        for wrong in ["", "11112222333", "prod", "11112222333x", "1111222233334"] {
            assert!(parse_account(wrong).unwrap_err().contains("12 digits"), "{wrong}");
        }
    }

    #[test]
    fn regions_are_known_or_could_be() {
        for good in ["eu-west-1", "us-gov-east-1", "ap-southeast-9", "eusc-de-east-1"] {
            assert_eq!(parse_region(good).as_deref(), Ok(good));
        }
        for (wrong, hint) in [
            ("eu-wset-1", "did you mean `eu-west-1`?"),
            ("EU-WEST-1", "did you mean `eu-west-1`?"),
            ("euwest1", "did you mean `eu-west-1`?"),
            ("Ireland", "use AWS's form"),
            ("eu-west-1a", "did you mean `eu-west-1`?"),
            ("", "use AWS's form"),
        ] {
            assert!(parse_region(wrong).unwrap_err().contains(hint), "{wrong}");
        }
    }
}
