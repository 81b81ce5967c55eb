//! Regions and the partitions that they are in.

use aware_core::near::nearest;

use crate::policy::clip_text;

/// Every partition.
pub(crate) const PARTITIONS: [&str; 8] =
    ["aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"];

/// The beginnings of regions' names, with the partition of each; all others are in `aws`.
///
/// Source: AWS General Reference, "AWS partitions".
const BEGINNINGS: [(&str, &str); 7] = [
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("us-iso-", "aws-iso"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
];

/// Every Region known in autumn 2026.
///
/// Source: AWS General Reference, "AWS Regions"; `endpoints.json` of the SDKs.
const REGIONS: [&str; 46] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-isoe-west-1",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
    "us-west-1",
    "us-west-2",
];

/// The partition of a region: `aws`, `aws-cn`, ….
pub(crate) fn partition_of(region: &str) -> &'static str {
    let found = BEGINNINGS.iter().find(|(start, _)| region.starts_with(start));
    found.map_or("aws", |(_, partition)| partition)
}

/// Whether a text is a known Region.
pub fn is_region(text: &str) -> bool {
    REGIONS.contains(&text)
}

/// Whether a text has the form of a Region.
pub(crate) fn has_form_of_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_word = |part: &&str| part.len() >= 2 && part.bytes().all(|b| b.is_ascii_lowercase());
    match parts.as_slice() {
        [words @ .., last] => {
            (2..=3).contains(&words.len())
                && words.iter().all(is_word)
                && last.len() == 1
                && last.bytes().all(|byte| byte.is_ascii_digit())
        }
        [] => false,
    }
}

/// The Region that was probably meant.
pub fn near_region(text: &str) -> Option<&'static str> {
    nearest(clip_text(text), REGIONS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions() {
        for (text, form) in [
            ("eu-west-1", true),
            ("us-gov-east-1", true),
            ("eu-west1", false),
            ("us-east-1a", false),
            ("global", false),
            ("EU-WEST-1", false),
        ] {
            assert_eq!(has_form_of_region(text), form, "{text}");
        }
        assert_eq!(near_region("eu-wst-1"), Some("eu-west-1"));
        let mut sorted = REGIONS.to_vec();
        sorted.dedup();
        assert_eq!(sorted.len(), REGIONS.len());
    }
}
