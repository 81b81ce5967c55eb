//! Executes a change set or deletes the stack, and follows its events until it is at rest.

use std::collections::BTreeSet;

use aws_sdk_cloudformation::types::StackEvent;

use super::stack::{MAX_POLLS, PreparedChangeSet, status_of};
use super::{DeployError, Deployment};

/// An event of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceProgress {
    /// The resource's name in the template.
    pub name: String,
    /// `CREATE_IN_PROGRESS`.
    pub status: String,
    /// Why, if AWS gives a reason.
    pub reason: Option<String>,
}

impl Deployment {
    /// Executes a change set and waits; reports events as they happen.
    ///
    /// # Errors
    /// What failed, if the change was rolled back.
    pub async fn execute_change_set(
        &self,
        prepared: &PreparedChangeSet,
        tell: impl FnMut(&ResourceProgress),
    ) -> Result<(), DeployError> {
        let known = self.events_since(&BTreeSet::new()).await.unwrap_or_default();
        let known = known.into_iter().filter_map(|event| event.event_id).collect();
        let request = self.cloudformation_client().execute_change_set().stack_name(&self.stack);
        let sent = request.change_set_name(&prepared.id).send().await;
        sent.map_err(|error| DeployError::call_failed("the change set", &error))?;
        self.follow_events(known, tell).await
    }

    /// Deletes the stack and waits.
    ///
    /// # Errors
    /// What could not be deleted.
    pub async fn delete_stack(
        &self,
        tell: impl FnMut(&ResourceProgress),
    ) -> Result<(), DeployError> {
        let known = self.events_since(&BTreeSet::new()).await?;
        let known = known.into_iter().filter_map(|event| event.event_id).collect();
        let sent = self.cloudformation_client().delete_stack().stack_name(&self.stack).send().await;
        sent.map_err(|error| DeployError::call_failed("the stack", &error))?;
        self.follow_events(known, tell).await
    }

    /// Follows the stack's events until it is at rest.
    async fn follow_events(
        &self,
        mut known: BTreeSet<String>,
        mut tell: impl FnMut(&ResourceProgress),
    ) -> Result<(), DeployError> {
        let mut failed: Option<ResourceProgress> = None;
        for _ in 0..MAX_POLLS {
            tokio::time::sleep(self.poll_interval()).await;
            for event in self.events_since(&known).await.unwrap_or_default().into_iter().rev() {
                if !known.insert(event.event_id.clone().unwrap_or_default()) {
                    continue;
                }
                let progress = resource_progress(event);
                if failed.is_none() && progress.status.ends_with("_FAILED") {
                    failed = Some(progress.clone());
                }
                tell(&progress);
            }
            let Some(stack) = self.describe_stack().await? else { return Ok(()) };
            match status_of(&stack) {
                "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "DELETE_COMPLETE" => return Ok(()),
                going if going.ends_with("_IN_PROGRESS") => {}
                other => return Err(ended_as(other, failed)),
            }
        }
        Err(DeployError(
            "the stack is still changing after an hour (hint: `aware status`)".to_owned(),
        ))
    }

    /// The stack's events, newest first, back to the first known one.
    async fn events_since(&self, known: &BTreeSet<String>) -> Result<Vec<StackEvent>, DeployError> {
        let request = self.cloudformation_client().describe_stack_events().stack_name(&self.stack);
        let mut pages = request.into_paginator().send();
        let mut events = Vec::new();
        while let Some(page) = pages.next().await {
            let page =
                page.map_err(|error| DeployError::call_failed("the stack's events", &error))?;
            let page = page.stack_events.unwrap_or_default();
            let is_known =
                |event: &StackEvent| event.event_id().is_some_and(|id| known.contains(id));
            let meets_known = page.iter().any(is_known);
            events.extend(page);
            if meets_known {
                break;
            }
        }
        Ok(events)
    }
}

fn resource_progress(event: StackEvent) -> ResourceProgress {
    ResourceProgress {
        name: event.logical_resource_id.unwrap_or_default(),
        status: event.resource_status.map(|it| it.as_str().to_owned()).unwrap_or_default(),
        reason: event.resource_status_reason.filter(|reason| !reason.is_empty()),
    }
}

fn ended_as(status: &str, failed: Option<ResourceProgress>) -> DeployError {
    let why = failed.map_or_else(String::new, |failed| {
        format!(": {} {}: {}", failed.name, failed.status, failed.reason.unwrap_or_default())
    });
    DeployError(format!("the stack ended as {status}{why}"))
}

#[cfg(test)]
mod tests {
    use wiremock::matchers::body_string_contains;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::test_aws::sdk_config;

    /// CloudFormation's answers when a stack fails: no emulator fails where AWS does.
    async fn failing() -> (MockServer, Deployment) {
        let server = MockServer::start().await;
        let event = |id: &str, name: &str, status: &str, reason: &str| {
            format!(
                "<member><EventId>{id}</EventId><StackId>s</StackId><StackName>aware</StackName><LogicalResourceId>{name}</LogicalResourceId><ResourceStatus>{status}</ResourceStatus><ResourceStatusReason>{reason}</ResourceStatusReason><Timestamp>2026-11-24T03:54:00Z</Timestamp></member>"
            )
        };
        // Newest first.
        let events = [
            event("4", "aware", "ROLLBACK_COMPLETE", ""),
            event("3", "Table", "CREATE_FAILED", "Resource creation cancelled"),
            event("2", "SourceFunction", "CREATE_FAILED", "Could not unzip"),
            event("1", "aware", "CREATE_IN_PROGRESS", ""),
        ];
        let answer = |call: &str, body: String| {
            let whole =
                format!("<{call}Response><{call}Result>{body}</{call}Result></{call}Response>");
            Mock::given(body_string_contains(format!("Action={call}&")))
                .respond_with(ResponseTemplate::new(200).set_body_string(whole))
        };
        let stack = |status: &str| {
            format!(
                "<Stacks><member><StackName>aware</StackName><CreationTime>2026-11-24T03:54:00Z</CreationTime><StackStatus>{status}</StackStatus></member></Stacks>"
            )
        };
        answer("ExecuteChangeSet", String::new()).mount(&server).await;
        let before = answer("DescribeStackEvents", "<StackEvents/>".to_owned());
        before.up_to_n_times(1).mount(&server).await;
        let told = format!("<StackEvents>{}</StackEvents>", events.join(""));
        answer("DescribeStackEvents", told).mount(&server).await;
        // AWS may still return this right after the change set is executed.
        let early = answer("DescribeStacks", stack("REVIEW_IN_PROGRESS"));
        early.up_to_n_times(1).mount(&server).await;
        answer("DescribeStacks", stack("ROLLBACK_COMPLETE")).mount(&server).await;
        let config = sdk_config(&server);
        (server, Deployment::new(config, "aware"))
    }

    #[tokio::test]
    async fn what_failed_first_is_told_when_it_is_rolled_back() {
        let (_server, deployment) = failing().await;
        let prepared = PreparedChangeSet {
            id: "aware-1".to_owned(),
            parameters: Vec::new(),
            creates: true,
            changes: Vec::new(),
        };
        let mut told = Vec::new();
        let ended =
            deployment.execute_change_set(&prepared, |progress| told.push(progress.clone())).await;
        let problem = ended.unwrap_err().to_string();
        let wanted =
            "the stack ended as ROLLBACK_COMPLETE: SourceFunction CREATE_FAILED: Could not unzip";
        assert!(problem.contains(wanted), "{problem}");
        let names: Vec<&str> = told.iter().map(|progress| progress.name.as_str()).collect();
        assert_eq!(
            names,
            ["aware", "SourceFunction", "Table", "aware"],
            "each once, as it happened"
        );

        let problems =
            deployment.check_request(&super::super::DeployRequest::default()).await.unwrap();
        let wanted = [
            "stack aware: ROLLBACK_COMPLETE (hint: a failed deployment left it: run `aware destroy`, then deploy again)",
        ];
        assert_eq!(problems, wanted);
    }
}
