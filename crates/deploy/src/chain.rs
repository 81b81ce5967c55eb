//! The health of a deployment, link by link, from the trail to the last message.

mod alarms;
mod lasts;
mod link;
mod parts;
mod queues;
mod seen;
mod trails;

use super::{DeployError, Deployment};
use link::link;
use seen::StackState;

pub use link::{Health, Link};
pub(super) use trails::group_of;

impl Deployment {
    /// Checks every link.
    ///
    /// # Errors
    /// If there is no such stack, or AWS cannot be reached at all.
    pub async fn links(&self) -> Result<Vec<Link>, DeployError> {
        let seen = self.seen().await?;
        let mut links = vec![self.stack_link(&seen)];
        links.extend(self.trails(&seen).await);
        links.extend(self.filter(&seen).await);
        links.extend(self.functions(&seen).await);
        links.extend(self.mappings(&seen).await);
        links.extend(self.rules(&seen).await);
        links.extend(self.keys(&seen).await);
        links.extend(self.secrets(&seen).await);
        links.extend(self.subscription(&seen).await);
        links.extend(self.queues(&seen).await);
        links.extend(self.alarm_mail(&seen).await);
        links.extend(self.lasts(&seen).await);
        Ok(links)
    }

    fn stack_link(&self, seen: &StackState) -> Link {
        let well = matches!(seen.status.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE");
        let health = if well { Health::Well } else { Health::Ill };
        link("stack", health, format!("{} is {}", self.stack, seen.status))
    }
}
