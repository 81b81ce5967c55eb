//! Whose the stars of an ARN are that AWS's text names.
//!
//! AWS writes `instance/*` where the thing has no name yet, or the text hides it: a part that is a star
//! and nothing else. A caller may write a star, too, as the name of a thing, and AWS repeats it
//! unchecked: `role/*` of a request is a name like any other, and a policy has to write it so.

use aware_core::event::percent_decoded;
use serde_json::Value;

use super::{format, leaves};

/// What separates the parts of ARNs, and of the names and addresses that callers write.
const SEPARATORS: [char; 7] = [':', '/', '?', '&', '=', '|', ','];

/// The ARN as a policy has to write it: AWS's own stars are patterns, and all else is a name.
pub(super) fn pattern(arn: &str, request: Option<&Value>) -> String {
    if !arn.contains(['*', '?', '$']) {
        return arn.to_owned();
    }
    let is_callers = arn.contains(":s3:::") || holds_star(request);
    let part = |part: &str| {
        let name = part.strip_suffix([':', '/']).unwrap_or(part);
        if name == "*" && !is_callers { part.to_owned() } else { format::literal(part) }
    };
    arn.split_inclusive([':', '/']).map(part).collect()
}

/// Whether an ARN holds a star that is AWS's, for want of a name.
pub(super) fn is_open(arn: &str, request: Option<&Value>) -> bool {
    let mut parts = arn.split([':', '/']);
    parts.any(|part| part == "*") && !arn.contains(":s3:::") && !holds_star(request)
}

/// Whether a request names something by a star alone, or holds too much to tell.
fn holds_star(request: Option<&Value>) -> bool {
    let leaves = leaves::of(request);
    let is_star = |value: &str| value.split(SEPARATORS).any(|part| part == "*");
    leaves.len() >= leaves::MAX_VALUES
        || leaves.iter().any(|leaf| {
            is_star(&leaf.value)
                || leaf.value.contains('%') && is_star(&percent_decoded(&leaf.value))
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ROLE: &str = "arn:aws:iam::222233334444:role/*";

    #[test]
    fn a_star_of_the_request_is_a_name() {
        for request in [
            json!({"roleArn": ROLE}),
            json!({"roleName": "*"}),
            json!({"queueUrl": "https://sqs.eu-west-1.amazonaws.com/222233334444/*"}),
            json!({"names": vec!["x"; 2_000]}),
            json!({"roleArn": "arn%3Aaws%3Aiam%3A%3A222233334444%3Arole%2F*"}),
        ] {
            assert_eq!(pattern(ROLE, Some(&request)), "arn:aws:iam::222233334444:role/${*}");
        }
    }

    #[test]
    fn a_star_of_aws_stays() {
        for request in [None, Some(json!({"imageId": "ami-1", "filter": {"name": "*"}}))] {
            assert_eq!(pattern(ROLE, request.as_ref()), ROLE);
            assert!(is_open(ROLE, request.as_ref()));
        }
    }

    #[test]
    fn only_a_whole_part_is_aws_star_and_variables_are_never_its() {
        let queue = "arn:aws:sqs:eu-west-1:222233334444:in-*";
        assert_eq!(pattern(queue, None), "arn:aws:sqs:eu-west-1:222233334444:in-${*}");
        let role = "arn:aws:iam::222233334444:role/${aws:PrincipalTag/x}?";
        assert_eq!(
            pattern(role, None),
            "arn:aws:iam::222233334444:role/${$}{aws:PrincipalTag/x}${?}"
        );
    }
}
