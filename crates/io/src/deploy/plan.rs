//! What a change set comes to: who may do what when it is carried out, and what it costs.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::TemplateStage;
use serde_json::Value;

use super::processed::Processed;
use super::stack::{Prepared, Wanted};
use super::{DeployError, Deployment};

/// What CloudFormation shows of a parameter that is secret.
const SECRET: &str = "****";

/// Who may do what, and what it costs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The policies of roles: what these may do.
    pub roles: Vec<Policy>,
    /// The policies of resources: who may use these.
    pub resources: Vec<Policy>,
    /// By the month, whatever is logged.
    pub monthly: Vec<Cost>,
    /// For a million events, by the way on which they come.
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

/// One statement; resources that are made by the stack stand by their names in the template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    /// Its `Sid`.
    pub sid: String,
    /// Whether it denies.
    pub denies: bool,
    /// Of whom it speaks, in a resource's policy.
    pub principals: Vec<String>,
    /// `s3:GetObject`.
    pub actions: Vec<String>,
    /// On what.
    pub resources: Vec<String>,
    /// `StringEquals kms:ViaService sns.eu-west-1.amazonaws.com`.
    pub conditions: Vec<String>,
}

/// What something costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Cents of US dollars.
    pub cents: u32,
    /// `17 alarms`.
    pub what: String,
}

impl Cost {
    fn new(cents: u32, what: &str) -> Self {
        Self { cents, what: what.to_owned() }
    }
}

impl Deployment {
    /// What a change set comes to.
    ///
    /// # Errors
    /// When CloudFormation does not tell.
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
        let (partition, suffix) = match region.as_str() {
            china if china.starts_with("cn-") => ("aws-cn", "amazonaws.com.cn"),
            gov if gov.starts_with("us-gov-") => ("aws-us-gov", "amazonaws.com"),
            _ => ("aws", "amazonaws.com"),
        };
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
            // Of a new stack it is known what is secret: what is wanted, or the default.
            if !(prepared.creates && value == SECRET) {
                values.insert(name.clone(), value.clone());
            }
        }
        values.extend(wanted.parameters.clone());
        Ok(values)
    }
}

fn plan(processed: &Processed) -> Plan {
    let mut plan = Plan::default();
    let mut counts = BTreeMap::new();
    for (name, kind, properties) in processed.resources() {
        *counts.entry(kind.to_owned()).or_default() += u32::from(!is_of_stream(&properties));
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
    plan.monthly = monthly(&counts);
    plan.million = million(processed);
    plan
}

/// Whether Lambda asks a stream here, which costs nothing.
fn is_of_stream(mapping: &Value) -> bool {
    let from = mapping.get("EventSourceArn").and_then(Value::as_str);
    from.is_some_and(|from| from.contains(":kinesis:"))
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

/// The custom metrics of the functions.
pub const METRICS: u32 = 18;

/// By the month, in cents, of one: list prices of us-east-1, see `docs/cost.md`.
const MONTHLY: [(&str, u32, &str); 5] = [
    ("AWS::KMS::Key", 100, "key"),
    ("AWS::CloudWatch::Alarm", 10, "alarm"),
    ("AWS::CloudWatch::Dashboard", 300, "dashboard"),
    ("AWS::SecretsManager::Secret", 40, "secret"),
    ("AWS::Lambda::EventSourceMapping", 26, "queue that Lambda asks"),
];
/// Of one metric that is sent in each hour of a month.
const METRIC: u32 = 30;
/// Of a tick a minute, with its heartbeat and its lines of log.
const TICKS: u32 = 15;

fn monthly(counts: &BTreeMap<String, u32>) -> Vec<Cost> {
    let counted = MONTHLY.iter().filter_map(|(kind, cents, what)| {
        let count = counts.get(*kind)?;
        let (thing, rest) = what.split_once(' ').unwrap_or((what, ""));
        let many = if *count == 1 { "" } else { "s" };
        let what = format!("{count} {thing}{many} {rest}");
        Some(Cost::new(count.saturating_mul(*cents), what.trim_end()))
    });
    let metrics = format!("{METRICS} metrics, if each is sent in every hour");
    let rest = [
        Cost::new(METRICS * METRIC, &metrics),
        Cost::new(TICKS, "a tick a minute, its heartbeat and its log"),
    ];
    counted.chain(rest).collect()
}

/// For a million events, in cents: the sums of the table in `docs/cost.md`.
const MILLION: [(&str, u32, &str); 3] = [
    ("HasTrail", 9, "from the bucket"),
    ("HasLogGroup", 8, "from the log group, without what the log group itself costs"),
    ("AllManagementEvents", 33, "from EventBridge"),
];
/// What GuardDuty costs for as many.
const GUARDDUTY: u32 = 400;

fn million(processed: &Processed) -> Vec<Cost> {
    let ways = MILLION.iter().filter(|(condition, ..)| processed.has(condition));
    let ways = ways.map(|(_, cents, way)| Cost::new(*cents, way));
    ways.chain([Cost::new(GUARDDUTY, "for comparison: GuardDuty, of management events")]).collect()
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
                    "Principal": "events.amazonaws.com", "SourceArn": { "Fn::GetAtt": ["Tick", "Arn"] } } },
                "Key": { "Type": "AWS::KMS::Key" },
                "Other": { "Type": "AWS::KMS::Key", "Condition": "HasNothing" }
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

    #[test]
    fn what_it_costs_stands_in_the_docs() {
        let plan = made();
        assert_eq!(plan.monthly.first(), Some(&Cost::new(100, "1 key")));
        let million = [
            Cost::new(9, "from the bucket"),
            million(&Processed::new("{}", BTreeMap::new()).unwrap()).remove(0),
        ];
        assert_eq!(plan.million, million);
        let docs = include_str!("../../../../docs/cost.md");
        let together = docs.lines().find(|line| line.starts_with("| **together")).unwrap();
        for (_, cents, way) in MILLION {
            assert!(together.contains(&format!("**0.{cents:02}")), "{way}: {together}");
        }
        assert!(
            docs.contains(&format!(
                "${}.00 a million CloudTrail management events",
                GUARDDUTY / 100
            ))
        );
        for (_, cents, what) in MONTHLY.into_iter().chain([("", METRIC, "metric")]) {
            let what = what.split(' ').next().unwrap();
            let a = if what.starts_with('a') { "an" } else { "a" };
            let price = format!("${}.{:02} {a} {what} and month", cents / 100, cents % 100);
            assert!(docs.contains(&price), "{price}");
        }
    }
}
