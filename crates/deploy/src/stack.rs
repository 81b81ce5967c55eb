//! The stack, and the change set that changes it.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types::{
    Capability, ChangeSetStatus, ChangeSetType, Parameter, Stack, StackStatus, Tag,
};

use super::template::template_parameters;
use super::{DeployError, DeployRequest, Deployment};

/// Interval between status requests.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// The most status requests for one change.
pub(super) const MAX_POLLS: u32 = 1_800;

/// One change of a change set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedChange {
    /// `Add`, `Modify`, `Remove`.
    pub action: String,
    /// The resource's name in the template.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// Whether it is replaced.
    pub replaces: bool,
}

/// A change set that is ready to be executed.
#[derive(Debug)]
pub struct PreparedChangeSet {
    pub(super) id: String,
    /// The parameters, as CloudFormation shows them.
    pub(super) parameters: Vec<(String, String)>,
    /// Whether the stack does not exist yet.
    pub creates: bool,
    /// What changes.
    pub changes: Vec<PlannedChange>,
}

impl Deployment {
    /// The stack, if it exists. One that so far consists only of a change set does not.
    ///
    /// # Errors
    /// If AWS cannot be reached.
    pub async fn find_stack(&self) -> Result<Option<Stack>, DeployError> {
        let stack = self.describe_stack().await?;
        Ok(stack.filter(|stack| status_of(stack) != "REVIEW_IN_PROGRESS"))
    }

    pub(super) async fn describe_stack(&self) -> Result<Option<Stack>, DeployError> {
        let stands = |stack: &Stack| status_of(stack) != "DELETE_COMPLETE";
        match self.cloudformation_client().describe_stacks().stack_name(&self.stack).send().await {
            Ok(answer) => Ok(answer.stacks.unwrap_or_default().into_iter().find(stands)),
            Err(error) => {
                let problem = DeployError::call_failed("the stack", &error);
                if problem.0.contains("does not exist") { Ok(None) } else { Err(problem) }
            }
        }
    }

    /// The stack, which must exist.
    pub(super) async fn require_stack(&self) -> Result<Stack, DeployError> {
        let missing = || {
            DeployError(format!(
                "there is no stack `{}` here (hint: --stack, --region, or `aware deploy`)",
                self.stack
            ))
        };
        self.find_stack().await?.ok_or_else(missing)
    }

    /// The stack's outputs.
    ///
    /// # Errors
    /// If there is no such stack.
    pub async fn stack_outputs(&self) -> Result<BTreeMap<String, String>, DeployError> {
        let outputs = self.require_stack().await?.outputs.unwrap_or_default();
        Ok(outputs
            .into_iter()
            .filter_map(|one| Some((one.output_key?, one.output_value?)))
            .collect())
    }

    /// Uploads the functions and the template, and creates a change set; `None` if nothing changes.
    ///
    /// # Errors
    /// What AWS refuses.
    pub async fn prepare_change_set(
        &self,
        wanted: &DeployRequest,
    ) -> Result<Option<PreparedChangeSet>, DeployError> {
        let url = self.upload_code(wanted).await?;
        let stack = self.find_stack().await?;
        self.create_change_set(wanted, stack.as_ref(), &url).await
    }

    async fn create_change_set(
        &self,
        wanted: &DeployRequest,
        stack: Option<&Stack>,
        url: &str,
    ) -> Result<Option<PreparedChangeSet>, DeployError> {
        let kind = if stack.is_some() { ChangeSetType::Update } else { ChangeSetType::Create };
        let name = format!("aware-{}", jiff::Timestamp::now().as_millisecond());
        let request = self.cloudformation_client().create_change_set().stack_name(&self.stack);
        let sent = request
            .change_set_name(name)
            .change_set_type(kind)
            .template_url(url)
            .set_parameters(Some(merge_parameters(wanted, stack)))
            .set_role_arn(wanted.role.clone())
            .set_tags(merge_tags(wanted, stack))
            .capabilities(Capability::CapabilityIam)
            .capabilities(Capability::CapabilityAutoExpand)
            .send()
            .await;
        let made = sent.map_err(|error| DeployError::call_failed("the change set", &error))?;
        let id = made.id.unwrap_or_default();
        let told = self.await_change_set(&id).await?;
        let reason = told.status_reason.clone().unwrap_or_default();
        let is_empty = reason.contains("didn't contain changes") || reason.contains("No updates");
        if told.status == Some(ChangeSetStatus::Failed) && is_empty {
            self.delete_change_set(&id, false).await;
            return Ok(None);
        }
        if told.status == Some(ChangeSetStatus::Failed) {
            self.delete_change_set(&id, stack.is_none()).await;
            return Err(DeployError(format!("the change set: {reason}")));
        }
        let changes = resource_changes(&told);
        let parameters = told.parameters.unwrap_or_default().into_iter();
        let parameters =
            parameters.filter_map(|one| Some((one.parameter_key?, one.parameter_value?))).collect();
        Ok(Some(PreparedChangeSet { id, parameters, creates: stack.is_none(), changes }))
    }

    /// The change set once it is ready, with all its changes.
    async fn await_change_set(&self, id: &str) -> Result<DescribeChangeSetOutput, DeployError> {
        for _ in 0..MAX_POLLS {
            let mut told = self.change_set_page(id, None).await?;
            let status = told.status.as_ref().map(ChangeSetStatus::as_str).unwrap_or_default();
            if !status.ends_with("_PENDING") && !status.ends_with("_IN_PROGRESS") {
                while let Some(token) = told.next_token.take().filter(|token| !token.is_empty()) {
                    let mut page = self.change_set_page(id, Some(token)).await?;
                    told.changes
                        .get_or_insert_default()
                        .extend(page.changes.take().unwrap_or_default());
                    told.next_token = page.next_token;
                }
                return Ok(told);
            }
            tokio::time::sleep(self.poll_interval()).await;
        }
        Err(DeployError("the change set is not ready after half an hour".to_owned()))
    }

    async fn change_set_page(
        &self,
        id: &str,
        token: Option<String>,
    ) -> Result<DescribeChangeSetOutput, DeployError> {
        let request = self.cloudformation_client().describe_change_set().stack_name(&self.stack);
        let told = request.change_set_name(id).set_next_token(token).send().await;
        told.map_err(|error| DeployError::call_failed("the change set", &error))
    }

    /// An emulator is faster than AWS.
    pub(super) fn poll_interval(&self) -> Duration {
        if self.aws.endpoint_url().is_some() { POLL_INTERVAL / 10 } else { POLL_INTERVAL }
    }

    /// Deletes a change set, and the empty stack that it created.
    pub async fn discard_change_set(&self, prepared: &PreparedChangeSet) {
        self.delete_change_set(&prepared.id, prepared.creates).await;
    }

    async fn delete_change_set(&self, id: &str, and_stack: bool) {
        let client = self.cloudformation_client();
        let _ = client.delete_change_set().stack_name(&self.stack).change_set_name(id).send().await;
        if and_stack {
            let _ = client.delete_stack().stack_name(&self.stack).send().await;
        }
    }
}

/// `CREATE_COMPLETE`.
pub(super) fn status_of(stack: &Stack) -> &str {
    stack.stack_status().map(StackStatus::as_str).unwrap_or_default()
}

/// The given parameters; for the others, the stack's values.
fn merge_parameters(wanted: &DeployRequest, stack: Option<&Stack>) -> Vec<Parameter> {
    let mut values: Vec<Parameter> = wanted
        .parameters
        .iter()
        .map(|(key, value)| Parameter::builder().parameter_key(key).parameter_value(value).build())
        .collect();
    for old in stack.map(Stack::parameters).unwrap_or_default() {
        let key = old.parameter_key().unwrap_or_default();
        if template_parameters().contains(key) && !wanted.parameters.contains_key(key) {
            values.push(Parameter::builder().parameter_key(key).use_previous_value(true).build());
        }
    }
    values
}

/// The given tags; if none are given, the stack's.
fn merge_tags(wanted: &DeployRequest, stack: Option<&Stack>) -> Option<Vec<Tag>> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    let given: Vec<Tag> = wanted.tags.iter().map(tag).collect();
    let kept = || stack.map(|stack| stack.tags().to_vec()).unwrap_or_default();
    Some(if given.is_empty() { kept() } else { given }).filter(|tags| !tags.is_empty())
}

fn resource_changes(told: &DescribeChangeSetOutput) -> Vec<PlannedChange> {
    let change = |change: &aws_sdk_cloudformation::types::Change| {
        let change = change.resource_change()?;
        Some(PlannedChange {
            action: change.action()?.as_str().to_owned(),
            name: change.logical_resource_id()?.to_owned(),
            kind: change.resource_type()?.to_owned(),
            replaces: change.replacement().is_some_and(|it| it.as_str() == "True"),
        })
    };
    told.changes().iter().filter_map(change).collect()
}

#[cfg(test)]
mod tests {
    use wiremock::matchers::body_string_contains;
    use wiremock::{Mock, MockServer, Request, ResponseTemplate};

    use super::*;
    use crate::test_aws::sdk_config;

    fn answered(call: &str, body: &str) -> ResponseTemplate {
        let whole = format!("<{call}Response><{call}Result>{body}</{call}Result></{call}Response>");
        ResponseTemplate::new(200).set_body_string(whole)
    }

    /// CloudFormation returns the changes of a change set page by page, and no emulator shows which
    /// role a stack is created with.
    #[tokio::test]
    async fn a_change_set_has_its_role_and_tags_and_is_read_whole() {
        let server = MockServer::start().await;
        let made = Mock::given(body_string_contains("Action=CreateChangeSet&"))
            .and(body_string_contains(
                "RoleARN=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fdeployer",
            ))
            .and(body_string_contains("Tags.member.1.Key=team&Tags.member.1.Value=security"));
        let made = made.respond_with(answered("CreateChangeSet", "<Id>id</Id>"));
        made.expect(1).mount(&server).await;
        let pages = |request: &Request| {
            let is_second = String::from_utf8_lossy(&request.body).contains("NextToken=more");
            let (name, token) =
                if is_second { ("Second", "") } else { ("First", "<NextToken>more</NextToken>") };
            let change = format!(
                "<member><ResourceChange><Action>Add</Action><LogicalResourceId>{name}</LogicalResourceId><ResourceType>T</ResourceType></ResourceChange></member>"
            );
            let body =
                format!("<Status>CREATE_COMPLETE</Status><Changes>{change}</Changes>{token}");
            answered("DescribeChangeSet", &body)
        };
        let told = Mock::given(body_string_contains("Action=DescribeChangeSet&"));
        told.respond_with(pages).mount(&server).await;
        let config = sdk_config(&server);
        let wanted = DeployRequest {
            role: Some("arn:aws:iam::111122223333:role/deployer".to_owned()),
            tags: BTreeMap::from([("team".to_owned(), "security".to_owned())]),
            ..DeployRequest::default()
        };
        let deployment = Deployment::new(config, "aware");
        let prepared =
            deployment.create_change_set(&wanted, None, "https://template").await.unwrap();
        let changes = prepared.unwrap().changes;
        let names: Vec<&str> = changes.iter().map(|change| change.name.as_str()).collect();
        assert_eq!(names, ["First", "Second"]);
    }
}
