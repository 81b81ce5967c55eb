//! What is secret, and read. One read says little: whoever sums up adds for many.

use super::call::NotableCall;
use super::draft::{CallReader, FactDraft, FactRow};
use crate::case::NotableClass::Secrets;

pub(super) const READERS: &[CallReader] = &[
    CallReader::row("secretsmanager", "GetSecretValue", SECRET).frequent(),
    CallReader::row("secretsmanager", "BatchGetSecretValue", MANY_SECRETS).frequent(),
    CallReader::by("ssm", "GetParameter", read_parameter).frequent(),
    CallReader::by("ssm", "GetParameters", read_parameter).frequent(),
    CallReader::by("ssm", "GetParametersByPath", read_parameter).frequent(),
    CallReader::by("ssm", "GetParameterHistory", read_parameter).frequent(),
    CallReader::row("ec2", "GetPasswordData", WINDOWS_PASSWORD),
    CallReader::row("ec2", "GetConsoleScreenshot", SCREENSHOT),
    CallReader::row("ec2", "GetConsoleOutput", OUTPUT).frequent(),
    CallReader::by("ec2", "DescribeInstanceAttribute", read_user_data).frequent(),
    CallReader::row("redshift", "GetClusterCredentials", DATABASE).frequent(),
    CallReader::row("redshift", "GetClusterCredentialsWithIAM", DATABASE).frequent(),
    CallReader::row("redshift-serverless", "GetCredentials", DATABASE).frequent(),
    CallReader::row("rds", "DownloadDBLogFilePortion", DATABASE_LOG).frequent(),
    CallReader::row("rds", "DownloadCompleteDBLogFile", DATABASE_LOG).frequent(),
    CallReader::row("lightsail", "DownloadDefaultKeyPair", LIGHTSAIL),
    CallReader::row("lightsail", "GetInstanceAccessDetails", LIGHTSAIL),
    CallReader::row("lightsail", "GetRelationalDatabaseMasterUserPassword", LIGHTSAIL),
    // What narrows nothing and opens nothing.
    CallReader::by("s3", "DeleteBucketLifecycle", nothing),
    CallReader::by("s3", "DeleteBucketReplication", nothing),
    // What workloads do all day, and which says nothing by itself.
    CallReader::by("kms", "Decrypt", nothing).frequent(),
    CallReader::by("kms", "GenerateDataKey", nothing).frequent(),
    CallReader::by("sts", "AssumeRole", nothing).frequent(),
    CallReader::by("sts", "AssumeRoleWithSAML", nothing).frequent(),
    CallReader::by("sts", "AssumeRoleWithWebIdentity", nothing).frequent(),
    CallReader::by("sts", "GetSessionToken", nothing).frequent(),
    CallReader::by("sts", "GetServiceBearerToken", nothing).frequent(),
    CallReader::by("ecr", "GetAuthorizationToken", nothing).frequent(),
    CallReader::by("ecr-public", "GetAuthorizationToken", nothing).frequent(),
    CallReader::by("codeartifact", "GetAuthorizationToken", nothing).frequent(),
    CallReader::by("s3express", "CreateSession", nothing).frequent(),
    CallReader::by("s3", "CreateSession", nothing).frequent(),
    CallReader::by("cognito-identity", "GetId", nothing).frequent(),
    CallReader::by("cognito-identity", "GetOpenIdToken", nothing).frequent(),
    CallReader::by("cognito-identity", "GetCredentialsForIdentity", nothing).frequent(),
    CallReader::by("eks", "AccessKubernetesApi", nothing).frequent(),
    CallReader::by("ecs", "DescribeTaskDefinition", nothing).frequent(),
    CallReader::by("ec2", "DescribeLaunchTemplateVersions", nothing).frequent(),
    CallReader::by("lambda", "GetFunction", nothing).frequent(),
    CallReader::by("lambda", "GetFunctionConfiguration", nothing).frequent(),
    CallReader::by("codebuild", "BatchGetProjects", nothing).frequent(),
    CallReader::by("codepipeline", "PollForJobs", nothing).frequent(),
];

fn nothing(_: &NotableCall<'_>) -> Option<FactDraft> {
    None
}

const SECRET: FactRow =
    FactRow::new(Secrets, 1, "{secretId}", "read secret {secretId}").for_workloads(0);
const MANY_SECRETS: FactRow = FactRow::new(Secrets, 2, "", "read secrets in bulk").for_workloads(1);

fn read_parameter(call: &NotableCall<'_>) -> Option<FactDraft> {
    if !call.has("withDecryption", "true") {
        return None;
    }
    let names = call.sentence("{names|name|path&}");
    let weight = u8::from(!call.is_workload());
    let achieved = format!("read parameters {names}, decrypted");
    let achieved = if call.name() == "GetParameter" {
        format!("read parameter {names}, decrypted")
    } else {
        achieved
    };
    Some(FactDraft::new(Secrets, weight, format!("{names}, decrypted"), achieved))
}

const WINDOWS_PASSWORD: FactRow = FactRow::new(
    Secrets,
    2,
    "{instanceId}",
    "requested the administrator password of instance {instanceId}",
);
const SCREENSHOT: FactRow = FactRow::new(
    Secrets,
    2,
    "{instanceId|GetConsoleScreenshotRequest.InstanceId}",
    "took a console screenshot of instance {instanceId}",
);
const OUTPUT: FactRow =
    FactRow::new(Secrets, 1, "{instanceId}", "read the console output of instance {instanceId}")
        .for_workloads(0);

fn read_user_data(call: &NotableCall<'_>) -> Option<FactDraft> {
    if !call.has("attribute", "userData") {
        return None;
    }
    let instance = call.sentence("instance {instanceId}");
    let achieved = format!("read the user data of {instance}");
    Some(FactDraft::new(
        Secrets,
        u8::from(!call.is_workload()),
        format!("{instance}: user data"),
        achieved,
    ))
}

const DATABASE: FactRow = FactRow::new(
    Secrets,
    1,
    "{clusterIdentifier|workgroupName}: {dbUser|dbName}",
    "got database credentials for cluster {clusterIdentifier|workgroupName}",
)
.for_workloads(0);
const DATABASE_LOG: FactRow = FactRow::new(
    Secrets,
    1,
    "{dBInstanceIdentifier}: {logFileName}",
    "downloaded a log file of database {dBInstanceIdentifier}",
)
.for_workloads(0);
const LIGHTSAIL: FactRow = FactRow::new(
    Secrets,
    2,
    "{instanceName|relationalDatabaseName}",
    "got credentials for Lightsail {instanceName|relationalDatabaseName}",
);
