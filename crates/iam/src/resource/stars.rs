//! Tells whether the stars of an ARN in AWS's text are AWS's own or the caller's.
//!
//! AWS writes `instance/*` if the resource has no name yet or the text hides it: a part that is
//! only a star. A caller may also use a star as a name, and AWS repeats it unchecked: `role/*` in a
//! request is a name like any other, and a policy must write it as one.

use aware_core::event::percent_decoded;
use serde_json::Value;

use super::{format, leaves};

/// The separators between parts of ARNs, and of the names and addresses that callers write.
const SEPARATORS: [char; 7] = [':', '/', '?', '&', '=', '|', ','];

/// The ARN as a policy must write it: AWS's own stars are patterns, everything else is a name.
pub(super) fn policy_pattern(arn: &str, request: Option<&Value>) -> String {
    if !arn.contains(['*', '?', '$']) {
        return arn.to_owned();
    }
    let is_callers = arn.contains(":s3:::") || holds_star(request);
    let part = |part: &str| {
        let name = part.strip_suffix([':', '/']).unwrap_or(part);
        if name == "*" && !is_callers { part.to_owned() } else { format::escape_literal(part) }
    };
    arn.split_inclusive([':', '/']).map(part).collect()
}

/// Whether an ARN contains a star of AWS's, in place of a missing name.
pub(super) fn is_open(arn: &str, request: Option<&Value>) -> bool {
    let mut parts = arn.split([':', '/']);
    parts.any(|part| part == "*") && !arn.contains(":s3:::") && !holds_star(request)
}

/// Whether a request names something by a star alone, or contains too much to tell.
fn holds_star(request: Option<&Value>) -> bool {
    let leaves = leaves::collect_leaves(request);
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
            assert_eq!(policy_pattern(ROLE, Some(&request)), "arn:aws:iam::222233334444:role/${*}");
        }
    }

    #[test]
    fn a_star_of_aws_stays() {
        for request in [None, Some(json!({"imageId": "ami-1", "filter": {"name": "*"}}))] {
            assert_eq!(policy_pattern(ROLE, request.as_ref()), ROLE);
            assert!(is_open(ROLE, request.as_ref()));
        }
    }

    #[test]
    fn only_a_whole_part_is_aws_star_and_variables_are_never_its() {
        let queue = "arn:aws:sqs:eu-west-1:222233334444:in-*";
        assert_eq!(policy_pattern(queue, None), "arn:aws:sqs:eu-west-1:222233334444:in-${*}");
        let role = "arn:aws:iam::222233334444:role/${aws:PrincipalTag/x}?";
        assert_eq!(
            policy_pattern(role, None),
            "arn:aws:iam::222233334444:role/${$}{aws:PrincipalTag/x}${?}"
        );
    }
}
