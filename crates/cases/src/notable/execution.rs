//! Code that runs: commands, sessions, functions, machines; and what is paid for.

use super::call::NotableCall;
use super::draft::{BackRow, CallReader, FactDraft, FactRow};
use crate::case::NotableClass::{Execution, Privileges};
use crate::triage::passes_role;

pub(super) const READERS: &[CallReader] = &[
    CallReader::row("ssm", "SendCommand", COMMAND),
    CallReader::row("ssm", "StartSession", SESSION).frequent(),
    CallReader::row("ssm", "ResumeSession", SESSION).frequent(),
    CallReader::row("ssm", "StartAutomationExecution", AUTOMATION),
    CallReader::row("ssm", "CreateAssociation", ASSOCIATION),
    CallReader::row("ecs", "ExecuteCommand", TASK_COMMAND),
    CallReader::row("ec2-instance-connect", "SendSSHPublicKey", SSH),
    CallReader::row("ec2-instance-connect", "SendSerialConsoleSSHPublicKey", SERIAL),
    CallReader::by("ec2", "ModifyInstanceAttribute", read_attribute),
    CallReader::by("ec2", "RunInstances", read_instances),
    CallReader::by("ec2", "RequestSpotInstances", read_instances),
    CallReader::row("ec2", "AssociateIamInstanceProfile", INSTANCE_ROLE),
    CallReader::row("ec2", "ReplaceIamInstanceProfileAssociation", INSTANCE_ROLE),
    CallReader::row("iam", "AddRoleToInstanceProfile", PROFILE_ROLE),
    CallReader::row("lambda", "UpdateFunctionCode", CODE),
    CallReader::by("lambda", "UpdateFunctionConfiguration", read_function_change),
    CallReader::by("lambda", "CreateFunction", read_function),
    CallReader::row("lambda", "CreateEventSourceMapping", EVENT_SOURCE),
    CallReader::row("glue", "CreateDevEndpoint", ENDPOINT),
    CallReader::row("glue", "UpdateDevEndpoint", ENDPOINT),
    CallReader::row("sagemaker", "CreatePresignedNotebookInstanceUrl", NOTEBOOK),
    CallReader::row("cloudshell", "CreateSession", SHELL).frequent(),
    CallReader::row("ses", "UpdateAccountSendingEnabled", SENDING),
    CallReader::row("ses", "PutAccountDetails", SENDING_LIMITS),
    CallReader::row("ses", "VerifyEmailIdentity", SENDER),
    CallReader::row("ses", "VerifyDomainIdentity", SENDER),
    CallReader::row("ses", "CreateEmailIdentity", SENDER),
    CallReader::row("sns", "SetSMSAttributes", SMS),
    CallReader::row("sns", "CreateSMSSandboxPhoneNumber", SMS),
    CallReader::row("servicequotas", "RequestServiceQuotaIncrease", QUOTA),
    CallReader::row("bedrock", "PutUseCaseForModelAccess", MODEL_ACCESS),
    CallReader::row("bedrock", "PutFoundationModelEntitlement", MODEL_ACCESS),
    CallReader::row("bedrock", "CreateFoundationModelAgreement", MODEL_ACCESS),
];

const COMMAND: FactRow = FactRow::new(
    Execution,
    3,
    "{documentName} on {instanceIds&}",
    "ran a command on {instanceIds&}",
);
const SESSION: FactRow =
    FactRow::new(Execution, 2, "{target}", "opened a shell on {target}").for_workloads(1);
const AUTOMATION: FactRow =
    FactRow::new(Execution, 2, "{documentName}", "ran automation {documentName}").for_workloads(1);
const ASSOCIATION: FactRow = FactRow::new(
    Execution,
    2,
    "{name}",
    "associated document {name} with instances, to run on them",
)
.for_workloads(0)
.keyed("association/{response.associationDescription.associationId}");
const TASK_COMMAND: FactRow =
    FactRow::new(Execution, 3, "{task}: {container}", "ran a command in task {task}")
        .for_workloads(2);
const SSH: FactRow = FactRow::new(
    Execution,
    2,
    "{instanceId} as {instanceOSUser}",
    "pushed an SSH key to instance {instanceId}",
);
const SERIAL: FactRow = FactRow::new(
    Execution,
    3,
    "{instanceId}",
    "pushed an SSH key to the serial console of instance {instanceId}",
);

fn read_attribute(call: &NotableCall<'_>) -> Option<FactDraft> {
    let instance = call.sentence("instance {instanceId}");
    if call.value("userData").is_some() {
        let achieved = format!("changed the user data (start script) of {instance}");
        return Some(FactDraft::new(Execution, 3, format!("{instance}: user data"), achieved));
    }
    let is_off = call.has("disableApiTermination.value", "false")
        || call.has("disableApiTermination", "false");
    is_off.then(|| {
        let achieved = format!("switched off termination protection of {instance}");
        let class = crate::case::NotableClass::Defences;
        FactDraft::new(class, 0, format!("{instance}: termination protection off"), achieved)
    })
}

/// Families of instances with GPUs or other accelerators.
const ACCELERATED: [&str; 8] = ["p2", "p3", "p4", "p5", "p6", "g", "trn", "inf"];
/// How many instances at once are many.
const MANY: u64 = 10;

fn read_instances(call: &NotableCall<'_>) -> Option<FactDraft> {
    let kind = call.text("instanceType|launchSpecification.instanceType").unwrap_or_default();
    let family = kind.split('.').next().unwrap_or_default();
    let is_accelerated = ACCELERATED.iter().any(|start| {
        family
            .strip_prefix(start)
            .is_some_and(|rest| *start != "g" || rest.starts_with(|c: char| c.is_ascii_digit()))
    });
    let asked = call.text("instancesSet.items.maxCount|instanceCount|instancesSet.items.minCount");
    let ids = call.instance_ids();
    let started = u64::try_from(ids.len()).unwrap_or_default();
    let count: u64 = asked.and_then(|text| text.parse().ok()).unwrap_or(1).max(started);
    let has_role = passes_role(call.request, 0);
    let weight = match (is_accelerated, count >= MANY, call.is_workload()) {
        (false, false, _) => 0,
        (_, _, true) => 2,
        (_, _, false) => 3,
    };
    let instances = if count == 1 { "instance" } else { "instances" };
    let kind = if kind.is_empty() {
        String::new()
    } else {
        format!("{} ", super::value::show_name(&kind))
    };
    let role = if has_role { " with a role" } else { "" };
    let detail = format!("{count} {kind}{instances}{role}");
    let draft = FactDraft::new(Execution, weight, detail.clone(), format!("launched {detail}"));
    let key = (!ids.is_empty())
        .then(|| call.key_in_place(&format!("instances/{}", super::shares::joined_key(&ids))));
    Some(draft.keyed(key))
}

const INSTANCE_ROLE: FactRow = FactRow::new(
    Privileges,
    3,
    "{instanceId|associationId|AssociateIamInstanceProfileRequest.InstanceId|ReplaceIamInstanceProfileAssociationRequest.AssociationId}",
    "gave an instance a role",
)
.for_workloads(1);
const PROFILE_ROLE: FactRow = FactRow::new(
    Privileges,
    0,
    "role/{roleName} to {instanceProfileName}",
    "added role/{roleName} to instance profile {instanceProfileName}",
)
.keyed("profile/{instanceProfileName}|role/{roleName}");
const CODE: FactRow =
    FactRow::new(Execution, 3, "{functionName}", "changed the code of function {functionName}")
        .for_workloads(0)
        .keyed("function/{functionName|response.functionName}|code")
        .back(
            "List the versions of function {functionName}, and deploy trusted code",
            "aws lambda list-versions-by-function --function-name {functionName}",
            "Nothing: it only reads.",
            "",
        );

fn read_function_change(call: &NotableCall<'_>) -> Option<FactDraft> {
    let function = call.sentence("function {functionName}");
    let has_layers = call.value("layers").is_some();
    let has_role = call.text("role").is_some();
    let (weight, what) = match (has_layers, has_role) {
        (true, _) => (3, "layers"),
        (_, true) => (2, "role"),
        _ => return None,
    };
    let weight = if call.is_workload() { 0 } else { weight };
    let achieved = format!("changed the {what} of {function}");
    let draft = FactDraft::new(Execution, weight, format!("{function}: {what}"), achieved);
    Some(draft.keyed(call.key("function/{functionName}|configuration")))
}

fn read_function(call: &NotableCall<'_>) -> Option<FactDraft> {
    let detail = call.sentence("{functionName} with role {role}");
    let achieved = call.sentence("created function {functionName} with role {role}");
    let back = BackRow {
        title: "Delete function {functionName}",
        command: "aws lambda delete-function --function-name {functionName}",
        breaks: "Anything that invokes the function.",
        undo: "",
    };
    let draft = FactDraft::new(Execution, 0, detail, achieved);
    Some(draft.keyed(call.key("function/{functionName}")).taken_back(call, &back))
}

const EVENT_SOURCE: FactRow = FactRow::new(
    Execution,
    1,
    "{functionName}: {eventSourceArn}",
    "let {eventSourceArn} trigger function {functionName}",
)
.for_workloads(0)
.keyed("event-source/{response.uUID|response.uuid}");
const ENDPOINT: FactRow = FactRow::new(
    Execution,
    3,
    "{endpointName}",
    "opened development endpoint {endpointName} with a role",
)
.for_workloads(1)
.keyed("endpoint/{endpointName}");
const NOTEBOOK: FactRow =
    FactRow::new(Execution, 2, "{notebookInstanceName}", "opened notebook {notebookInstanceName}")
        .for_workloads(1);
const SHELL: FactRow = FactRow::new(Execution, 1, "", "opened CloudShell");
const SENDING: FactRow = FactRow::new(Execution, 3, "", "switched e-mail sending on or off in SES");
const SENDING_LIMITS: FactRow =
    FactRow::new(Execution, 3, "", "asked SES for permission to send e-mail to anyone");
const SENDER: FactRow = FactRow::new(
    Execution,
    2,
    "{emailAddress|emailIdentity|domain}",
    "registered {emailAddress|emailIdentity|domain} as an e-mail sender",
)
.for_workloads(0)
.keyed("identity/{emailAddress|emailIdentity|domain}");
const SMS: FactRow =
    FactRow::new(Execution, 2, "", "changed the settings for sending text messages")
        .for_workloads(0);
const QUOTA: FactRow = FactRow::new(
    Execution,
    1,
    "{serviceCode}: {quotaCode} to {desiredValue}",
    "requested a higher {serviceCode} quota",
)
.for_workloads(0);
const MODEL_ACCESS: FactRow =
    FactRow::new(Execution, 2, "{modelId}", "requested access to Bedrock model {modelId}");
