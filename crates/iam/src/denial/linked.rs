//! The service whose service-linked role a call would have had to create, if AWS's words name that
//! role.
//!
//! Source: the services' user guides, "Using service-linked roles", by `data/linked_roles.tsv`: the
//! role's name, or AWS's words for it, and the service without `.amazonaws.com`.

use crate::steps::scan;

const LINKED_ROLES: &str = include_str!("../../data/linked_roles.tsv");

/// The service, `spot` of `spot.amazonaws.com`; the longest role name in the text counts.
pub(super) fn find_linked_service(text: &str) -> Option<&'static str> {
    let rows = LINKED_ROLES.lines().filter_map(|line| line.split_once('\t'));
    let named = rows.filter(|(name, _)| holds_name(text, name));
    named.max_by_key(|(name, _)| name.len()).map(|(_, service)| service)
}

fn holds_name(text: &str, name: &str) -> bool {
    let is_end = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    scan(text).match_indices(name).any(|(at, _)| text.get(at + name.len()..).is_some_and(is_end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_their_services() {
        let cases = [
            (
                "Failed to create service linked role: AWSServiceRoleForAmazonEKSNodegroup due",
                Some("eks-nodegroup"),
            ),
            ("the service-linked role for EC2 Spot Instances.", Some("spot")),
            ("the role AWSServiceRoleForEC2SpotFleet", Some("spotfleet")),
            ("the role AWSServiceRoleForECSX", None),
            ("the role AWSServiceRoleForApplicationAutoScaling_DynamoDBTable", None),
        ];
        for (text, expected) in cases {
            assert_eq!(find_linked_service(text), expected, "{text}");
        }
    }
}
