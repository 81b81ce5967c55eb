//! What CloudFormation says about the stack: its parameters, outputs and resources.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::StackResourceSummary;
use jiff::Timestamp;

use super::super::stack::status_of;
use super::super::{DeployError, Deployment};

/// The current state of a stack.
pub(super) struct StackState {
    pub(super) status: String,
    /// When it was made or last changed.
    pub(super) changed: Option<Timestamp>,
    outputs: BTreeMap<String, String>,
    parameters: BTreeMap<String, String>,
    /// By their names in the template: type and physical id.
    resources: BTreeMap<String, (String, String)>,
}

impl StackState {
    pub(super) fn output(&self, name: &str) -> Option<&str> {
        self.outputs.get(name).map(String::as_str)
    }

    /// A parameter that is not empty.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Resources of a type: their names in the template, and their physical ids.
    pub(super) fn resources_of<'a>(
        &'a self,
        kind: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let all = self.resources.iter().filter(move |(_, (of, _))| of == kind);
        all.map(|(name, (_, id))| (name.as_str(), id.as_str()))
    }
}

impl Deployment {
    pub(super) async fn stack_state(&self) -> Result<StackState, DeployError> {
        let stack = self.require_stack().await?;
        let pairs = |pairs: Vec<(Option<String>, Option<String>)>| {
            pairs.into_iter().filter_map(|(key, value)| Some((key?, value?))).collect()
        };
        let changed = stack.last_updated_time().or(stack.creation_time());
        let changed = changed.and_then(|time| Timestamp::from_second(time.secs()).ok());
        let status = status_of(&stack).to_owned();
        let outputs = stack.outputs.unwrap_or_default().into_iter();
        let parameters = stack.parameters.unwrap_or_default().into_iter();
        Ok(StackState {
            status,
            changed,
            outputs: pairs(outputs.map(|one| (one.output_key, one.output_value)).collect()),
            parameters: pairs(
                parameters.map(|one| (one.parameter_key, one.parameter_value)).collect(),
            ),
            resources: self.list_resources().await?,
        })
    }

    async fn list_resources(&self) -> Result<BTreeMap<String, (String, String)>, DeployError> {
        let request = self.cloudformation_client().list_stack_resources().stack_name(&self.stack);
        let mut pages = request.into_paginator().send();
        let mut resources = BTreeMap::new();
        while let Some(page) = pages.next().await {
            let page =
                page.map_err(|error| DeployError::call_failed("the stack's resources", &error))?;
            let all = page.stack_resource_summaries.unwrap_or_default().into_iter();
            resources.extend(all.filter_map(live_resource));
        }
        Ok(resources)
    }
}

fn live_resource(summary: StackResourceSummary) -> Option<(String, (String, String))> {
    let is_gone = summary.resource_status().is_some_and(|it| it.as_str() == "DELETE_COMPLETE");
    let id = summary.physical_resource_id.filter(|_| !is_gone)?;
    Some((summary.logical_resource_id?, (summary.resource_type?, id)))
}

#[cfg(test)]
mod tests {
    use wiremock::matchers::body_string_contains;
    use wiremock::{Mock, MockServer, Request, ResponseTemplate};

    use super::*;
    use crate::test_aws::sdk_config;

    /// A stack with more resources than AWS returns at once.
    #[tokio::test]
    async fn every_page_of_resources_is_read() {
        let server = MockServer::start().await;
        let answer = |request: &Request| {
            let body = String::from_utf8_lossy(&request.body);
            let (name, token) = match body.contains("NextToken=more") {
                true => ("Second", ""),
                false => ("First", "<NextToken>more</NextToken>"),
            };
            let member = format!(
                "<member><LogicalResourceId>{name}</LogicalResourceId><PhysicalResourceId>p</PhysicalResourceId><ResourceType>AWS::SQS::Queue</ResourceType><LastUpdatedTimestamp>2026-11-24T03:54:00Z</LastUpdatedTimestamp><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member>"
            );
            ResponseTemplate::new(200).set_body_string(format!(
                "<ListStackResourcesResponse><ListStackResourcesResult><StackResourceSummaries>{member}</StackResourceSummaries>{token}</ListStackResourcesResult></ListStackResourcesResponse>"
            ))
        };
        let list = Mock::given(body_string_contains("Action=ListStackResources&"));
        list.respond_with(answer).mount(&server).await;
        let config = sdk_config(&server);
        let resources = Deployment::new(config, "aware").list_resources().await.unwrap();
        assert_eq!(resources.keys().collect::<Vec<_>>(), ["First", "Second"]);
    }
}
