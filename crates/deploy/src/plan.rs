//! What a change set amounts to: the permissions it grants, and what it costs.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::TemplateStage;
use serde_json::Value;

use super::cost::{Cost, million, monthly};
use super::processed::Processed;
use super::stack::Prepared;
use super::{DeployError, Deployment, WEBHOOK, Wanted, partition, suffix};

/// What CloudFormation shows for a secret parameter.
const SECRET: &str = "****";

/// The permissions and costs of a change set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The policies of roles: what each role may do.
    pub roles: Vec<Policy>,
    /// The policies of resources: who may use each resource.
    pub resources: Vec<Policy>,
    /// Costs per month, independent of the volume of events.
    pub monthly: Vec<Cost>,
    /// Costs per million events, by input.
    pub million: Vec<Cost>,
}

/// One policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The name of the role or resource in the template.
    pub name: String,
    /// Its statements.
    pub statements: Vec<Statement>,
}

/// One statement. Resources that the stack creates appear by their names in the template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
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
    pub async fn plan(&self, prepared: &Prepared, wanted: &Wanted) -> Result<Plan, DeployError> {
        let request = self.formation().get_template().stack_name(&self.stack);
        let request = request.change_set_name(&prepared.id);
        let sent = request.template_stage(TemplateStage::Processed).send().await;
        let template = sent.map_err(|error| DeployError::of("the template", &error))?;
        let values = self.values(prepared, wanted).await?;
        let text = template.template_body.unwrap_or_default();
        let processed = Processed::new(&text, values)
            .map_err(|error| DeployError(format!("the processed template: {error}")))?;
        Ok(plan(&processed))
    }

    /// Parameters and pseudo parameters.
    async fn values(
        &self,
        prepared: &Prepared,
        wanted: &Wanted,
    ) -> Result<BTreeMap<String, String>, DeployError> {
        let (account, region) = self.place().await?;
        let partition = partition(&region);
        let suffix = suffix(&region);
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

fn plan(processed: &Processed) -> Plan {
    let mut plan = Plan::default();
    for (name, kind, properties) in processed.resources() {
        let policy = |statements| Policy { name: name.to_owned(), statements };
        match kind {
            "AWS::IAM::Role" => plan.roles.push(policy(of_role(&properties))),
            "AWS::Lambda::Permission" => plan.resources.push(policy(vec![permission(&properties)])),
            _ => {
                let document = ["PolicyDocument", "KeyPolicy"]
                    .into_iter()
                    .find_map(|name| properties.get(name));
                plan.resources.extend(document.map(|document| policy(statements(document))));
            }
        }
    }
    plan.monthly = monthly(processed);
    plan.million = million(processed);
    plan
}

fn of_role(role: &Value) -> Vec<Statement> {
    let managed = list(role.get("ManagedPolicyArns")).into_iter().map(|arn| Statement {
        sid: "managed policy".to_owned(),
        actions: vec![arn],
        ..Statement::default()
    });
    let inline = role.get("Policies").and_then(Value::as_array).into_iter().flatten();
    let inline = inline.filter_map(|policy| policy.get("PolicyDocument")).flat_map(statements);
    managed.chain(inline).collect()
}

fn statements(document: &Value) -> Vec<Statement> {
    let all = document.get("Statement");
    let all = all.and_then(Value::as_array).map(Vec::as_slice).or(all.map(std::slice::from_ref));
    all.unwrap_or_default().iter().map(statement).collect()
}

fn statement(statement: &Value) -> Statement {
    let text = |name| statement.get(name).and_then(Value::as_str);
    let listed = |name, not: &str| match statement.get(name) {
        None => list(statement.get(not)).into_iter().map(|it| format!("all but {it}")).collect(),
        given => list(given),
    };
    Statement {
        sid: text("Sid").unwrap_or_default().to_owned(),
        denies: text("Effect") == Some("Deny"),
        principals: principals(statement),
        actions: listed("Action", "NotAction"),
        resources: listed("Resource", "NotResource"),
        conditions: conditions(statement.get("Condition")),
    }
}

fn principals(statement: &Value) -> Vec<String> {
    match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(Value::Object(kinds)), _) => {
            kinds.values().flat_map(|kind| list(Some(kind))).collect()
        }
        (None, Some(not)) => vec![format!("all but {not}")],
        (given, _) => list(given),
    }
}

fn conditions(condition: Option<&Value>) -> Vec<String> {
    let operators = condition.and_then(Value::as_object).into_iter().flatten();
    operators
        .flat_map(|(operator, keys)| {
            let keys = keys.as_object().into_iter().flatten();
            keys.map(move |(key, value)| {
                format!("{operator} {key} {}", list(Some(value)).join(", "))
            })
        })
        .collect()
}

fn permission(about: &Value) -> Statement {
    let condition = |name: &str, key: &str| {
        let value = list(about.get(name)).pop()?;
        Some(format!("ArnLike {key} {value}"))
    };
    Statement {
        sid: "permission".to_owned(),
        principals: list(about.get("Principal")),
        actions: list(about.get("Action")),
        resources: list(about.get("FunctionName")),
        conditions: [
            condition("SourceArn", "aws:SourceArn"),
            condition("SourceAccount", "aws:SourceAccount"),
        ]
        .into_iter()
        .flatten()
        .collect(),
        ..Statement::default()
    }
}

/// One text or several.
fn list(value: Option<&Value>) -> Vec<String> {
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

    fn made() -> Plan {
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
        plan(&Processed::new(template, values).unwrap())
    }

    #[test]
    fn who_may_do_what() {
        let plan = made();
        let [Policy { statements, .. }] = plan.roles.as_slice() else { panic!("{plan:?}") };
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
