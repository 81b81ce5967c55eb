//! Whether anybody receives the alarms.

use super::super::{ALARM_EMAIL, Deployment};
use super::link::{ChainLink, LinkHealth, new_link};
use super::stack_state::StackState;

/// What SNS shows instead of the ARN of an unconfirmed subscription.
const PENDING: &str = "PendingConfirmation";

impl Deployment {
    /// The subscriptions of the alarm topic.
    pub(super) async fn alarm_mail(&self, seen: &StackState) -> Option<ChainLink> {
        let topic = seen.output("AlarmTopic")?;
        let name = "alarm recipients";
        Some(match self.topic_subscriptions(topic).await {
            Err(problem) => new_link(name, LinkHealth::Unknown, problem.0),
            Ok(all) => {
                let told: Vec<(&str, bool)> =
                    all.iter().map(|(_, to, arn)| (to.as_str(), !is_pending(arn))).collect();
                judge_recipients(name, &told, seen.parameter(ALARM_EMAIL))
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
fn judge_recipients(name: &str, told: &[(&str, bool)], wanted: Option<&str>) -> ChainLink {
    let confirmed: Vec<&str> = told.iter().filter(|(_, is)| *is).map(|(to, _)| *to).collect();
    let is_told = |to: &str| told.iter().any(|(address, _)| *address == to);
    match (wanted, confirmed.as_slice()) {
        (Some(wanted), _) if !is_told(wanted) => {
            let says = format!(
                "{wanted} is no longer subscribed (hint: deploy with AlarmEmail empty, then with the address)"
            );
            new_link(name, LinkHealth::Broken, says)
        }
        (_, []) if told.is_empty() => new_link(
            name,
            LinkHealth::Unknown,
            "nobody (hint: `aware deploy --alarm-email ADDRESS`)",
        ),
        (_, []) => {
            let addresses: Vec<&str> = told.iter().map(|(to, _)| *to).collect();
            let says = format!(
                "nobody: {} has not confirmed (hint: follow the link in the mail from SNS)",
                addresses.join(", ")
            );
            new_link(name, LinkHealth::Broken, says)
        }
        (_, confirmed) => new_link(name, LinkHealth::Healthy, confirmed.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_told() {
        let said = |told: &[(&str, bool)], wanted| {
            let link = judge_recipients("n", told, wanted);
            (link.health, link.details)
        };
        let (health, says) = said(&[("a@x", true), ("b@x", false)], Some("a@x"));
        assert_eq!((health, says.as_str()), (LinkHealth::Healthy, "a@x"));
        let (health, says) = said(&[("a@x", false)], Some("a@x"));
        assert!(health == LinkHealth::Broken && says.contains("a@x has not confirmed"), "{says}");
        let (health, says) = said(&[("b@x", true)], Some("a@x"));
        assert!(
            health == LinkHealth::Broken && says.contains("a@x is no longer subscribed"),
            "{says}"
        );
        let (health, says) = said(&[], None);
        assert!(health == LinkHealth::Unknown && says.starts_with("nobody"), "{says}");
        assert!(is_pending("PendingConfirmation") && is_pending("pending confirmation"));
        assert!(!is_pending("arn:aws:sns:eu-west-1:111122223333:alarms:1"));
    }
}
