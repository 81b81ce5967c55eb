//! What a change set amounts to: the permissions it grants, and what it costs.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::TemplateStage;
use serde_json::Value;

use super::cost::{CostLine, costs_per_million, monthly_costs};
use super::processed::ProcessedTemplate;
use super::stack::PreparedChangeSet;
use super::{DeployError, DeployRequest, Deployment, WEBHOOK, partition_name, url_suffix};

/// What CloudFormation shows for a secret parameter.
const SECRET: &str = "****";

/// The permissions and costs of a change set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeployPlan {
    /// The policies of roles: what each role may do.
    pub roles: Vec<PlannedPolicy>,
    /// The policies of resources: who may use each resource.
    pub resources: Vec<PlannedPolicy>,
    /// Costs per month, independent of the volume of events.
    pub monthly: Vec<CostLine>,
    /// Costs per million events, by input.
    pub million: Vec<CostLine>,
}

/// One policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedPolicy {
    /// The name of the role or resource in the template.
    pub name: String,
    /// Its statements.
    pub statements: Vec<PlannedStatement>,
}

/// One statement. Resources that the stack creates appear by their names in the template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlannedStatement {
    /// Its `Sid`.
    pub sid: String,
    /// Whether it denies.
    pub denies: bool,
    /// Whom it applies to, in a resource's policy.
    pub principals: Vec<String>,
    /// `s3:GetObject`.
    pub actions: Vec<String>,
    /// Which resources it applies to.
    pub resources: Vec<String>,
    /// `StringEquals kms:ViaService sns.eu-west-1.amazonaws.com`.
    pub conditions: Vec<String>,
}

impl Deployment {
    /// Works out what a change set amounts to.
    ///
    /// # Errors
    /// If CloudFormation does not return the template.
    pub async fn plan_changes(
        &self,
        prepared: &PreparedChangeSet,
        wanted: &DeployRequest,
    ) -> Result<DeployPlan, DeployError> {
        let request = self.cloudformation_client().get_template().stack_name(&self.stack);
        let request = request.change_set_name(&prepared.id);
        let sent = request.template_stage(TemplateStage::Processed).send().await;
        let template = sent.map_err(|error| DeployError::call_failed("the template", &error))?;
        let values = self.template_values(prepared, wanted).await?;
        let text = template.template_body.unwrap_or_default();
        let processed = ProcessedTemplate::new(&text, values)
            .map_err(|error| DeployError(format!("the processed template: {error}")))?;
        Ok(build_plan(&processed))
    }

    /// Parameters and pseudo parameters.
    async fn template_values(
        &self,
        prepared: &PreparedChangeSet,
        wanted: &DeployRequest,
    ) -> Result<BTreeMap<String, String>, DeployError> {
        let (account, region) = self.account_and_region().await?;
        let partition = partition_name(&region);
        let suffix = url_suffix(&region);
        let mut values: BTreeMap<String, String> = [
            ("AWS::AccountId", account.as_str()),
            ("AWS::Partition", partition),
            ("AWS::Region", &region),
            ("AWS::StackName", &self.stack),
            ("AWS::URLSuffix", suffix),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        for (name, value) in &prepared.parameters {
            // For a new stack the secret values are known: the requested ones, or the defaults.
            if !(prepared.creates && value == SECRET) {
                values.insert(name.clone(), value.clone());
            }
        }
        let wanted = wanted.parameters.iter().map(|(name, value)| {
            let is_secret = name == WEBHOOK && !value.is_empty();
            (name.clone(), if is_secret { SECRET.to_owned() } else { value.clone() })
        });
        values.extend(wanted);
        Ok(values)
    }
}

fn build_plan(processed: &ProcessedTemplate) -> DeployPlan {
    let mut plan = DeployPlan::default();
    for (name, kind, properties) in processed.active_resources() {
        let policy = |statements| PlannedPolicy { name: name.to_owned(), statements };
        match kind {
            "AWS::IAM::Role" => plan.roles.push(policy(role_statements(&properties))),
            "AWS::Lambda::Permission" => {
                plan.resources.push(policy(vec![permission_statement(&properties)]))
            }
            _ => {
                let document = ["PolicyDocument", "KeyPolicy"]
                    .into_iter()
                    .find_map(|name| properties.get(name));
                plan.resources
                    .extend(document.map(|document| policy(document_statements(document))));
            }
        }
    }
    plan.monthly = monthly_costs(processed);
    plan.million = costs_per_million(processed);
    plan
}

fn role_statements(role: &Value) -> Vec<PlannedStatement> {
    let managed = as_list(role.get("ManagedPolicyArns")).into_iter().map(|arn| PlannedStatement {
        sid: "managed policy".to_owned(),
        actions: vec![arn],
        ..PlannedStatement::default()
    });
    let inline = role.get("Policies").and_then(Value::as_array).into_iter().flatten();
    let inline =
        inline.filter_map(|policy| policy.get("PolicyDocument")).flat_map(document_statements);
    managed.chain(inline).collect()
}

fn document_statements(document: &Value) -> Vec<PlannedStatement> {
    let all = document.get("Statement");
    let all = all.and_then(Value::as_array).map(Vec::as_slice).or(all.map(std::slice::from_ref));
    all.unwrap_or_default().iter().map(planned_statement).collect()
}

fn planned_statement(statement: &Value) -> PlannedStatement {
    let text = |name| statement.get(name).and_then(Value::as_str);
    let listed = |name, not: &str| match statement.get(name) {
        None => as_list(statement.get(not)).into_iter().map(|it| format!("all but {it}")).collect(),
        given => as_list(given),
    };
    PlannedStatement {
        sid: text("Sid").unwrap_or_default().to_owned(),
        denies: text("Effect") == Some("Deny"),
        principals: list_principals(statement),
        actions: listed("Action", "NotAction"),
        resources: listed("Resource", "NotResource"),
        conditions: describe_conditions(statement.get("Condition")),
    }
}

fn list_principals(statement: &Value) -> Vec<String> {
    match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(Value::Object(kinds)), _) => {
            kinds.values().flat_map(|kind| as_list(Some(kind))).collect()
        }
        (None, Some(not)) => vec![format!("all but {not}")],
        (given, _) => as_list(given),
    }
}

fn describe_conditions(condition: Option<&Value>) -> Vec<String> {
    let operators = condition.and_then(Value::as_object).into_iter().flatten();
    operators
        .flat_map(|(operator, keys)| {
            let keys = keys.as_object().into_iter().flatten();
            keys.map(move |(key, value)| {
                format!("{operator} {key} {}", as_list(Some(value)).join(", "))
            })
        })
        .collect()
}

fn permission_statement(about: &Value) -> PlannedStatement {
    let condition = |name: &str, key: &str| {
        let value = as_list(about.get(name)).pop()?;
        Some(format!("ArnLike {key} {value}"))
    };
    PlannedStatement {
        sid: "permission".to_owned(),
        principals: as_list(about.get("Principal")),
        actions: as_list(about.get("Action")),
        resources: as_list(about.get("FunctionName")),
        conditions: [
            condition("SourceArn", "aws:SourceArn"),
            condition("SourceAccount", "aws:SourceAccount"),
        ]
        .into_iter()
        .flatten()
        .collect(),
        ..PlannedStatement::default()
    }
}

/// One text or several.
fn as_list(value: Option<&Value>) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        None => Vec::new(),
        Some(Value::Array(list)) => list.iter().map(text).collect(),
        Some(value) => vec![text(value)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> DeployPlan {
        let template = r#"{
            "Conditions": { "HasTrail": { "Fn::Equals": [{ "Ref": "TrailBucket" }, "logs"] } },
            "Resources": {
                "Role": { "Type": "AWS::IAM::Role", "Properties": {
                    "ManagedPolicyArns": ["arn:aws:iam::aws:policy/Much"],
                    "Policies": [{ "PolicyDocument": { "Statement": [
                        { "Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject"],
                          "Resource": { "Fn::Sub": "arn:aws:s3:::${TrailBucket}/*" } },
                        { "Fn::If": ["HasTrail", { "Ref": "AWS::NoValue" }, { "Sid": "Never" }] }
                    ] } }] } },
                "TopicPolicy": { "Type": "AWS::SNS::TopicPolicy", "Properties": { "PolicyDocument": {
                    "Statement": { "Sid": "Nobody", "Effect": "Deny", "Principal": "*",
                        "NotAction": "sns:Publish", "Resource": { "Ref": "Topic" },
                        "Condition": { "ArnNotEquals": { "aws:PrincipalArn": { "Fn::GetAtt": ["Role", "Arn"] } } }
                } } } },
                "Call": { "Type": "AWS::Lambda::Permission", "Properties": {
                    "Action": "lambda:InvokeFunction", "FunctionName": { "Ref": "Function" },
                    "Principal": "events.amazonaws.com", "SourceArn": { "Fn::GetAtt": ["Tick", "Arn"] } } }
            }
        }"#;
        let values = BTreeMap::from([("TrailBucket".to_owned(), "logs".to_owned())]);
        build_plan(&ProcessedTemplate::new(template, values).unwrap())
    }

    #[test]
    fn who_may_do_what() {
        let plan = made();
        let [PlannedPolicy { statements, .. }] = plan.roles.as_slice() else { panic!("{plan:?}") };
        let [managed, read] = statements.as_slice() else { panic!("{statements:?}") };
        assert_eq!(managed.actions, ["arn:aws:iam::aws:policy/Much"]);
        assert_eq!(read.actions, ["s3:GetObject"]);
        assert_eq!(read.resources, ["arn:aws:s3:::logs/*"]);

        let named = |name: &str| plan.resources.iter().find(|policy| policy.name == name).unwrap();
        let topic = named("TopicPolicy").statements.first().unwrap();
        assert!(topic.denies);
        assert_eq!(topic.principals, ["*"]);
        assert_eq!(topic.actions, ["all but sns:Publish"]);
        assert_eq!(topic.conditions, ["ArnNotEquals aws:PrincipalArn Role"]);
        let call = named("Call").statements.first().unwrap();
        assert_eq!(call.resources, ["Function"]);
        assert_eq!(call.conditions, ["ArnLike aws:SourceArn Tick"]);
    }
}
