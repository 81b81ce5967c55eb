//! Which permissions of policies were used: used, unused, or unknown.
//!
//! A call uses a permission only if the policies allow that very call: its action, on its resource,
//! under its conditions as far as they are known. CloudTrail does not log every action, logs data
//! events only if a trail requests them, and the logs do not show what happened before they begin.
//! Only a permission whose use would have been seen is called *unused*.

mod calls;
mod context;
mod expand;
mod judge;
mod logged;
mod report;
mod seen;

pub(crate) use expand::expand_pattern;
pub use report::{PermissionUse, PolicyPermission, UsageReport};
pub use seen::PolicyUsage;

#[cfg(test)]
mod tests {
    use aware_core::event::Event;
    use aware_core::source::cloudtrail::decode_record;

    use super::*;
    use crate::catalogue::Catalogue;
    use crate::policy::{NamedPolicy, Policy};

    fn event(time: &str, source: &str, name: &str, error: &str, category: &str) -> Event {
        let record = format!(
            r#"{{"eventTime":"{time}","eventSource":"{source}.amazonaws.com","eventName":"{name}","errorCode":"{error}","eventCategory":"{category}"}}"#
        );
        decode_record(record.as_bytes()).unwrap()
    }

    /// The report on a principal whose policy has one statement that allows actions on `*`.
    fn whole_report(events: &[Event], actions: &str) -> UsageReport {
        let text =
            format!(r#"{{"Statement":{{"Effect":"Allow","Action":{actions},"Resource":"*"}}}}"#);
        let policy = NamedPolicy { name: "p".to_owned(), policy: Policy::parse(&text).unwrap() };
        let mut seen = PolicyUsage::new(vec![policy]);
        events.iter().for_each(|event| seen.record_event(Catalogue::built_in(), event, true));
        seen.build_report(Catalogue::built_in())
    }

    fn report(events: &[Event], actions: &str) -> Vec<(String, PermissionUse, bool)> {
        whole_report(events, actions)
            .permissions
            .into_iter()
            .map(|p| (p.action.clone(), p.usage, p.is_removable()))
            .collect()
    }

    #[test]
    fn used_unused_and_unknown() {
        let events = [
            event("2026-01-01T00:00:00Z", "monitoring", "DescribeAlarms", "", "Management"),
            event(
                "2026-06-01T00:00:00Z",
                "ec2",
                "DescribeInstances",
                "Client.UnauthorizedOperation",
                "Management",
            ),
        ];
        let actions = r#"["cloudwatch:describealarms","ec2:DescribeInstances","ec2:DeleteVpc","s3:GetObject","iam:PassRole","sts:GetCallerIdentity"]"#;
        let expected = [
            ("cloudwatch:DescribeAlarms", PermissionUse::Used, false),
            ("ec2:DeleteVpc", PermissionUse::Unused, false),
            ("ec2:DescribeInstances", PermissionUse::Unused, true),
            ("iam:PassRole", PermissionUse::Unknown, false),
            ("s3:GetObject", PermissionUse::Unknown, false),
            ("sts:GetCallerIdentity", PermissionUse::Unknown, false),
        ];
        let expected: Vec<_> = expected.iter().map(|(a, u, r)| ((*a).to_owned(), *u, *r)).collect();
        assert_eq!(report(&events, actions), expected);
    }

    #[test]
    fn data_events_that_were_seen_make_unused_certain() {
        let events = [
            event("2026-01-01T00:00:00Z", "s3", "PutObject", "", "Data"),
            event("2026-06-01T00:00:00Z", "s3", "PutObject", "", "Data"),
        ];
        let states = report(&events, r#"["s3:GetObject","s3:PutObject"]"#);
        assert_eq!(states[0].1, PermissionUse::Unused);
        assert_eq!(states[1].1, PermissionUse::Used);
    }

    #[test]
    fn a_short_window_removes_nothing() {
        let events = [event("2026-06-01T00:00:00Z", "ec2", "DescribeVpcs", "", "Management")];
        assert!(report(&events, r#""ec2:Describe*""#).iter().all(|(_, _, removable)| !removable));
        let report = whole_report(&events, r#"["s3:Gett*","s3:ListAllMyBuckets"]"#);
        assert_eq!(report.unmatched, ["s3:Gett*"]);
        assert_eq!(report.from_elsewhere, ["ec2:DescribeVpcs"]);
    }
}
