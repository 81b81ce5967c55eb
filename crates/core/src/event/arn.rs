//! Amazon Resource Names.

use std::fmt;

/// A parsed ARN: `arn:partition:service:region:account:resource`.
///
/// Source: IAM user guide, "Identify AWS resources with Amazon Resource Names". The resource may
/// hold any character, colons included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arn {
    text: String,
    ends: [usize; 5],
}

impl Arn {
    /// Parses an ARN; `None` when the text is not one.
    ///
    /// ```
    /// use aware_core::event::Arn;
    ///
    /// let arn = Arn::parse("arn:aws:iam::111122223333:user/alice").unwrap();
    /// assert_eq!((arn.service(), arn.account(), arn.resource()), ("iam", "111122223333", "user/alice"));
    /// assert_eq!(arn.region(), "");
    /// assert_eq!(Arn::parse("arn:aws:iam"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let mut ends = [0; 5];
        let mut colons = text.char_indices().filter(|(_, c)| *c == ':');
        for end in &mut ends {
            *end = colons.next()?.0;
        }
        let arn = Self { text: text.to_owned(), ends };
        (arn.part(0) == "arn" && arn.part(1).starts_with("aws") && !arn.resource().is_empty())
            .then_some(arn)
    }

    fn part(&self, index: usize) -> &str {
        let start = index.checked_sub(1).and_then(|i| self.ends.get(i)).map_or(0, |end| end + 1);
        let end = self.ends.get(index).copied().unwrap_or(self.text.len());
        self.text.get(start..end).unwrap_or_default()
    }

    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub fn partition(&self) -> &str {
        self.part(1)
    }

    /// `iam`, `s3`, …
    pub fn service(&self) -> &str {
        self.part(2)
    }

    /// The region; empty for global services.
    pub fn region(&self) -> &str {
        self.part(3)
    }

    /// The account id; empty where the ARN has none, as for S3 buckets.
    pub fn account(&self) -> &str {
        self.part(4)
    }

    /// Everything after the fifth colon: `user/alice`.
    pub fn resource(&self) -> &str {
        self.part(5)
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_an_arn() {
        let arn = Arn::parse("arn:aws:logs:eu-west-1:111122223333:log-group:/a/b:*").unwrap();
        assert_eq!(arn.partition(), "aws");
        assert_eq!(arn.service(), "logs");
        assert_eq!(arn.region(), "eu-west-1");
        assert_eq!(arn.account(), "111122223333");
        assert_eq!(arn.resource(), "log-group:/a/b:*");
    }

    #[test]
    fn what_is_no_arn() {
        for text in [
            "",
            "arn",
            "arn:aws:iam::1",
            "urn:aws:iam::1:user/a",
            "arn:x:iam::1:user/a",
            "arn:aws:iam::1:",
        ] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }
}
