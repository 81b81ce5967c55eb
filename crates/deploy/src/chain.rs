//! The health of a deployment, link by link, from the trail to the last message.

mod activity;
mod alarms;
mod link;
mod parts;
mod queues;
mod stack_state;
mod trails;

use super::{DeployError, Deployment};
use link::new_link;
use stack_state::StackState;

pub use link::{ChainLink, LinkHealth};
pub(super) use trails::log_group_name;

impl Deployment {
    /// Checks every link.
    ///
    /// # Errors
    /// If there is no such stack, or AWS cannot be reached at all.
    pub async fn check_links(&self) -> Result<Vec<ChainLink>, DeployError> {
        let seen = self.stack_state().await?;
        let mut links = vec![self.stack_link(&seen)];
        links.extend(self.trail_links(&seen).await);
        links.extend(self.filter_link(&seen).await);
        links.extend(self.function_links(&seen).await);
        links.extend(self.mapping_links(&seen).await);
        links.extend(self.rule_links(&seen).await);
        links.extend(self.key_links(&seen).await);
        links.extend(self.secret_links(&seen).await);
        links.extend(self.slack_subscription_link(&seen).await);
        links.extend(self.queue_links(&seen).await);
        links.extend(self.alarm_mail(&seen).await);
        links.extend(self.activity_links(&seen).await);
        Ok(links)
    }

    fn stack_link(&self, seen: &StackState) -> ChainLink {
        let well = matches!(seen.status.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE");
        let health = if well { LinkHealth::Healthy } else { LinkHealth::Broken };
        new_link("stack", health, format!("{} is {}", self.stack, seen.status))
    }
}
