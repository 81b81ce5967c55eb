//! The stack, and the change set that changes it.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types::{
    Capability, ChangeSetStatus, ChangeSetType, Parameter, Stack, StackStatus, Tag,
};

use super::template::parameters;
use super::{DeployError, Deployment, Wanted};

/// Interval between status requests.
const ASK: Duration = Duration::from_secs(2);
/// The most status requests for one change.
pub(super) const PATIENCE: u32 = 1_800;

/// One change of a change set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
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
pub struct Prepared {
    pub(super) id: String,
    /// The parameters, as CloudFormation shows them.
    pub(super) parameters: Vec<(String, String)>,
    /// Whether the stack does not exist yet.
    pub creates: bool,
    /// What changes.
    pub changes: Vec<Change>,
}

impl Deployment {
    /// The stack, if it exists. One that so far consists only of a change set does not.
    ///
    /// # Errors
    /// If AWS cannot be reached.
    pub async fn found(&self) -> Result<Option<Stack>, DeployError> {
        let stack = self.stack_as_it_is().await?;
        Ok(stack.filter(|stack| status_of(stack) != "REVIEW_IN_PROGRESS"))
    }

    pub(super) async fn stack_as_it_is(&self) -> Result<Option<Stack>, DeployError> {
        let stands = |stack: &Stack| status_of(stack) != "DELETE_COMPLETE";
        match self.formation().describe_stacks().stack_name(&self.stack).send().await {
            Ok(answer) => Ok(answer.stacks.unwrap_or_default().into_iter().find(stands)),
            Err(error) => {
                let problem = DeployError::of("the stack", &error);
                if problem.0.contains("does not exist") { Ok(None) } else { Err(problem) }
            }
        }
    }

    /// The stack, which must exist.
    pub(super) async fn existing(&self) -> Result<Stack, DeployError> {
        let missing = || {
            DeployError(format!(
                "there is no stack `{}` here (hint: --stack, --region, or `aware deploy`)",
                self.stack
            ))
        };
        self.found().await?.ok_or_else(missing)
    }

    /// The stack's outputs.
    ///
    /// # Errors
    /// If there is no such stack.
    pub async fn outputs(&self) -> Result<BTreeMap<String, String>, DeployError> {
        let outputs = self.existing().await?.outputs.unwrap_or_default();
        Ok(outputs
            .into_iter()
            .filter_map(|one| Some((one.output_key?, one.output_value?)))
            .collect())
    }

    /// Uploads the functions and the template, and creates a change set; `None` if nothing changes.
    ///
    /// # Errors
    /// What AWS refuses.
    pub async fn prepare(&self, wanted: &Wanted) -> Result<Option<Prepared>, DeployError> {
        let url = self.upload_code(wanted).await?;
        let stack = self.found().await?;
        self.change_set(wanted, stack.as_ref(), &url).await
    }

    async fn change_set(
        &self,
        wanted: &Wanted,
        stack: Option<&Stack>,
        url: &str,
    ) -> Result<Option<Prepared>, DeployError> {
        let kind = if stack.is_some() { ChangeSetType::Update } else { ChangeSetType::Create };
        let name = format!("aware-{}", jiff::Timestamp::now().as_millisecond());
        let request = self.formation().create_change_set().stack_name(&self.stack);
        let sent = request
            .change_set_name(name)
            .change_set_type(kind)
            .template_url(url)
            .set_parameters(Some(values(wanted, stack)))
            .set_role_arn(wanted.role.clone())
            .set_tags(tags(wanted, stack))
            .capabilities(Capability::CapabilityIam)
            .capabilities(Capability::CapabilityAutoExpand)
            .send()
            .await;
        let made = sent.map_err(|error| DeployError::of("the change set", &error))?;
        let id = made.id.unwrap_or_default();
        let told = self.described(&id).await?;
        let reason = told.status_reason.clone().unwrap_or_default();
        let is_empty = reason.contains("didn't contain changes") || reason.contains("No updates");
        if told.status == Some(ChangeSetStatus::Failed) && is_empty {
            self.cancel(&id, false).await;
            return Ok(None);
        }
        if told.status == Some(ChangeSetStatus::Failed) {
            self.cancel(&id, stack.is_none()).await;
            return Err(DeployError(format!("the change set: {reason}")));
        }
        let changes = changes(&told);
        let parameters = told.parameters.unwrap_or_default().into_iter();
        let parameters =
            parameters.filter_map(|one| Some((one.parameter_key?, one.parameter_value?))).collect();
        Ok(Some(Prepared { id, parameters, creates: stack.is_none(), changes }))
    }

    /// The change set once it is ready, with all its changes.
    async fn described(&self, id: &str) -> Result<DescribeChangeSetOutput, DeployError> {
        for _ in 0..PATIENCE {
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
            tokio::time::sleep(self.pause()).await;
        }
        Err(DeployError("the change set is not ready after half an hour".to_owned()))
    }

    async fn change_set_page(
        &self,
        id: &str,
        token: Option<String>,
    ) -> Result<DescribeChangeSetOutput, DeployError> {
        let request = self.formation().describe_change_set().stack_name(&self.stack);
        let told = request.change_set_name(id).set_next_token(token).send().await;
        told.map_err(|error| DeployError::of("the change set", &error))
    }

    /// An emulator is faster than AWS.
    pub(super) fn pause(&self) -> Duration {
        if self.aws.endpoint_url().is_some() { ASK / 10 } else { ASK }
    }

    /// Deletes a change set, and the empty stack that it created.
    pub async fn give_up(&self, prepared: &Prepared) {
        self.cancel(&prepared.id, prepared.creates).await;
    }

    async fn cancel(&self, id: &str, and_stack: bool) {
        let client = self.formation();
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
fn values(wanted: &Wanted, stack: Option<&Stack>) -> Vec<Parameter> {
    let mut values: Vec<Parameter> = wanted
        .parameters
        .iter()
        .map(|(key, value)| Parameter::builder().parameter_key(key).parameter_value(value).build())
        .collect();
    for old in stack.map(Stack::parameters).unwrap_or_default() {
        let key = old.parameter_key().unwrap_or_default();
        if parameters().contains(key) && !wanted.parameters.contains_key(key) {
            values.push(Parameter::builder().parameter_key(key).use_previous_value(true).build());
        }
    }
    values
}

/// The given tags; if none are given, the stack's.
fn tags(wanted: &Wanted, stack: Option<&Stack>) -> Option<Vec<Tag>> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    let given: Vec<Tag> = wanted.tags.iter().map(tag).collect();
    let kept = || stack.map(|stack| stack.tags().to_vec()).unwrap_or_default();
    Some(if given.is_empty() { kept() } else { given }).filter(|tags| !tags.is_empty())
}

fn changes(told: &DescribeChangeSetOutput) -> Vec<Change> {
    let change = |change: &aws_sdk_cloudformation::types::Change| {
        let change = change.resource_change()?;
        Some(Change {
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
        let wanted = Wanted {
            role: Some("arn:aws:iam::111122223333:role/deployer".to_owned()),
            tags: BTreeMap::from([("team".to_owned(), "security".to_owned())]),
            ..Wanted::default()
        };
        let deployment = Deployment::new(config, "aware");
        let prepared = deployment.change_set(&wanted, None, "https://template").await.unwrap();
        let changes = prepared.unwrap().changes;
        let names: Vec<&str> = changes.iter().map(|change| change.name.as_str()).collect();
        assert_eq!(names, ["First", "Second"]);
    }
}
