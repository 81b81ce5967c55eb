//! What was done: `iam:ListGroupsForUser`.

use std::fmt;

/// An API operation, from `eventSource` and `eventName`.
///
/// The name is the operation as CloudTrail wrote it, without the API version that some services
/// append (`CreateFunction20150331`). Which IAM action it requires is a separate question.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Action {
    /// The service prefix, `iam` of `iam.amazonaws.com`.
    pub service: String,
    /// The operation, `ListGroupsForUser`.
    pub name: String,
    /// `readOnly`, if the record has it.
    pub read_only: Option<bool>,
}

impl Action {
    /// Builds an action from `eventSource` and `eventName`.
    ///
    /// ```
    /// use aware_core::event::Action;
    ///
    /// let action = Action::from_event_names("lambda.amazonaws.com", "CreateFunction20150331", None);
    /// assert_eq!(action.to_string(), "lambda:CreateFunction");
    /// ```
    pub fn from_event_names(event_source: &str, event_name: &str, read_only: Option<bool>) -> Self {
        let service = event_source
            .strip_suffix(".amazonaws.com.cn")
            .or_else(|| event_source.strip_suffix(".amazonaws.com"))
            .unwrap_or(event_source);
        Self {
            service: service.to_owned(),
            name: strip_api_version(event_name).to_owned(),
            read_only,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.name)
    }
}

/// Strips the API version that Lambda (`20150331`, `20150331v2`) and CloudFront (`2020_05_31`)
/// append.
fn strip_api_version(name: &str) -> &str {
    let unsuffixed = name.strip_suffix("v2").unwrap_or(name);
    let stem = unsuffixed.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    let digits = unsuffixed.get(stem.len()..).unwrap_or_default();
    let is_date =
        digits.starts_with("20") && digits.bytes().filter(u8::is_ascii_digit).count() == 8;
    if is_date && !stem.is_empty() { stem } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_versions_are_cut_and_other_digits_stay() {
        let cases = [
            ("lambda.amazonaws.com", "CreateFunction20150331", "lambda:CreateFunction"),
            ("lambda.amazonaws.com", "UpdateFunctionCode20150331v2", "lambda:UpdateFunctionCode"),
            ("cloudfront.amazonaws.com", "CreateFunction2020_05_31", "cloudfront:CreateFunction"),
            ("s3.amazonaws.com", "ListObjectsV2", "s3:ListObjectsV2"),
            ("ec2.amazonaws.com.cn", "RunInstances", "ec2:RunInstances"),
            ("odd", "20150331", "odd:20150331"),
        ];
        for (source, name, expected) in cases {
            assert_eq!(Action::from_event_names(source, name, None).to_string(), expected);
        }
    }
}
