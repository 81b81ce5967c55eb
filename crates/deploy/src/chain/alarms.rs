//! Whether anybody receives the alarms.

use super::super::{ALARM_EMAIL, Deployment};
use super::link::{Health, Link, link};
use super::seen::StackState;

/// What SNS shows instead of the ARN of an unconfirmed subscription.
const PENDING: &str = "PendingConfirmation";

impl Deployment {
    /// The subscriptions of the alarm topic.
    pub(super) async fn alarm_mail(&self, seen: &StackState) -> Option<Link> {
        let topic = seen.output("AlarmTopic")?;
        let name = "alarm recipients";
        Some(match self.subscriptions(topic).await {
            Err(problem) => link(name, Health::Unknown, problem.0),
            Ok(all) => {
                let told: Vec<(&str, bool)> =
                    all.iter().map(|(_, to, arn)| (to.as_str(), !is_pending(arn))).collect();
                judge(name, &told, seen.parameter(ALARM_EMAIL))
            }
        })
    }
}

fn is_pending(arn: &str) -> bool {
    // Emulators write it with spaces.
    arn.replace(' ', "").eq_ignore_ascii_case(PENDING)
}

/// `told` holds addresses and whether each is confirmed; `wanted` is the address in the stack's
/// parameters.
fn judge(name: &str, told: &[(&str, bool)], wanted: Option<&str>) -> Link {
    let confirmed: Vec<&str> = told.iter().filter(|(_, is)| *is).map(|(to, _)| *to).collect();
    let is_told = |to: &str| told.iter().any(|(address, _)| *address == to);
    match (wanted, confirmed.as_slice()) {
        (Some(wanted), _) if !is_told(wanted) => {
            let says = format!(
                "{wanted} is no longer subscribed (hint: deploy with AlarmEmail empty, then with the address)"
            );
            link(name, Health::Ill, says)
        }
        (_, []) if told.is_empty() => {
            link(name, Health::Unknown, "nobody (hint: `aware deploy --alarm-email ADDRESS`)")
        }
        (_, []) => {
            let addresses: Vec<&str> = told.iter().map(|(to, _)| *to).collect();
            let says = format!(
                "nobody: {} has not confirmed (hint: follow the link in the mail from SNS)",
                addresses.join(", ")
            );
            link(name, Health::Ill, says)
        }
        (_, confirmed) => link(name, Health::Well, confirmed.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_told() {
        let said = |told: &[(&str, bool)], wanted| {
            let link = judge("n", told, wanted);
            (link.health, link.says)
        };
        let (health, says) = said(&[("a@x", true), ("b@x", false)], Some("a@x"));
        assert_eq!((health, says.as_str()), (Health::Well, "a@x"));
        let (health, says) = said(&[("a@x", false)], Some("a@x"));
        assert!(health == Health::Ill && says.contains("a@x has not confirmed"), "{says}");
        let (health, says) = said(&[("b@x", true)], Some("a@x"));
        assert!(health == Health::Ill && says.contains("a@x is subscribed no more"), "{says}");
        let (health, says) = said(&[], None);
        assert!(health == Health::Unknown && says.starts_with("nobody"), "{says}");
        assert!(is_pending("PendingConfirmation") && is_pending("pending confirmation"));
        assert!(!is_pending("arn:aws:sns:eu-west-1:111122223333:alarms:1"));
    }
}
