"""Writes the rules that watch our own chain into the template, from its resources and parameters.

    python deploy/watch.py            # writes them
    python deploy/watch.py --check    # checks whether they are current

A resource whose type is in no table below is an error, because nobody would see it change.
"""

import json
import re
import sys

import yaml

from resolve import LONGEST, Stack
from templates import PATH, read

BEGIN = "  # generated: begin (python deploy/watch.py)\n"
END = "  # generated: end\n"

# The maximum length of an EventBridge pattern, with all names resolved.
MOST = 2048
# The maximum length of a stack name, which a stack set's instances come close to.
LONGEST_STACK = "s" * 128

KEYS_DAILY = [
    "Decrypt", "DeriveSharedSecret", "Encrypt", "GenerateDataKey", "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext", "GenerateDataKeyWithoutPlaintext", "ReEncrypt", "Sign",
    "Verify", "VerifyMac",
]  # fmt: skip

# service: (event source, request parameters that name the resource, everyday calls to ignore)
SERVICES = {
    "Functions": ("lambda", ["functionName", "resource", "resourceArn"], []),
    "Mappings": ("lambda", ["uUID", "uuid"], []),
    "Consumers": ("lambda", ["eventSourceArn"], []),
    "Logs": (
        "logs",
        ["logGroupName", "logGroupIdentifier", "resourceArn", "resourceIdentifier"],
        ["CreateLogStream", "StartQuery"],
    ),
    "Topics": ("sns", ["topicArn", "subscriptionArn", "resourceArn"], []),
    "Queues": ("sqs", ["queueUrl"], []),
    "Letters": ("sqs", ["sourceArn", "destinationArn"], []),
    "Keys": ("kms", ["keyId", "targetKeyId"], KEYS_DAILY),
    "Secrets": ("secretsmanager", ["secretId"], []),
    "Tables": (
        "dynamodb",
        ["tableName", "tableArn", "resourceArn", "sourceTableName", "sourceTableArn", "globalTableName"],
        [],
    ),
    "Roles": ("iam", ["roleName"], []),
    "Boundary": ("iam", ["policyArn"], []),
    "Rules": ("events", ["name", "rule"], []),
    "RuleTags": ("events", ["resourceARN"], []),
    "Alarms": ("monitoring", ["alarmName", "alarmNames"], []),
    "Boards": ("monitoring", ["dashboardName", "dashboardNames"], []),
    "Tags": ("monitoring", ["resourceARN"], []),
    "Stack": ("cloudformation", ["stackName"], []),
    "Bucket": ("s3", ["bucketName"], []),
    "Trails": ("cloudtrail", [], []),
    "Stream": ("kinesis", ["streamName", "streamARN", "resourceARN"], []),
    "Parameter": ("ssm", ["name", "names", "resourceId"], []),
}

# Calls that change what happens to everything in the account: (event source, call).
ACCOUNT = [
    ("cloudformation", "ExecuteStackRefactor"),
    ("logs", "DeleteAccountPolicy"),
    ("logs", "PutAccountPolicy"),
    ("logs", "PutStorageTierPolicy"),
    ("monitoring", "PutAlarmMuteRule"),
]


def ref(name):
    return {"Ref": name}


def sub(text):
    return {"Fn::Sub": text}


def exactly(name, _):
    return ref(name)


def ending(name, _):
    """An ARN or the bare name."""
    return {"suffix": ref(name)}


def beginning(name, _):
    """A topic's ARN, and those of its subscriptions."""
    return {"prefix": ref(name)}


def within(name, _):
    """A name with anything around it: parts of an ARN, qualifiers."""
    return {"wildcard": sub("*${%s}*" % name)}


def queue(name, _):
    """A queue's URL, at any of the service's hosts."""
    return {"suffix": sub("/${AWS::AccountId}/${%s.QueueName}" % name)}


def queue_arn(name, _):
    return {"suffix": sub(":${AWS::AccountId}:${%s.QueueName}" % name)}


def secret(_, resource):
    """The name, or an ARN in part or whole."""
    return {"wildcard": {"Fn::Sub": ["*${Name}*", {"Name": resource["Properties"]["Name"]}]}}


STACK_UUID = {"Fn::Select": [2, {"Fn::Split": ["/", ref("AWS::StackId")]}]}


def ours(_, resource):
    """All rules or alarms of the stack at once: their names begin with the stack's unique part."""
    properties = resource["Properties"]
    name = properties.get("AlarmName") or properties.get("Name")
    if not (isinstance(name, dict) and name["Fn::Sub"][0].startswith("aware-${Id}-") and name["Fn::Sub"][1]["Id"] == STACK_UUID):
        raise Unwatched(f"{name}: its name must begin with aware-, the stack's id and a dash")
    return {"prefix": {"Fn::Sub": ["aware-${Id}-", {"Id": STACK_UUID}]}}


def ours_in_arn(name, resource):
    ours(name, resource)
    return {"wildcard": {"Fn::Sub": ["*aware-${Id}-*", {"Id": STACK_UUID}]}}


# type: [(service, how a call names the resource)]
TYPES = {
    "AWS::Serverless::Function": [("Functions", within)],
    "AWS::Lambda::EventSourceMapping": [("Mappings", exactly)],
    "AWS::Logs::LogGroup": [("Logs", within)],
    "AWS::SNS::Topic": [("Topics", beginning)],
    "AWS::SQS::Queue": [("Queues", queue), ("Letters", queue_arn), ("Consumers", queue_arn)],
    "AWS::KMS::Key": [("Keys", ending)],
    "AWS::SecretsManager::Secret": [("Secrets", secret)],
    "AWS::DynamoDB::Table": [("Tables", ending)],
    "AWS::IAM::Role": [("Roles", exactly)],
    "AWS::Events::Rule": [("Rules", ours), ("RuleTags", ours_in_arn)],
    "AWS::CloudWatch::Alarm": [("Alarms", ours), ("Tags", ours_in_arn)],
    "AWS::CloudWatch::Dashboard": [("Boards", exactly)],
}

# Watched with the resource that they belong to: calls name that one.
PARTS = {
    "AWS::Lambda::Permission": "FunctionName",
    "AWS::Lambda::EventInvokeConfig": "FunctionName",
    "AWS::Logs::SubscriptionFilter": "LogGroupName",
    "AWS::SNS::Subscription": "TopicArn",
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SQS::QueuePolicy": "Queues",
}

def key_id(parameter):
    """The id in a key's ARN: calls name the id or the ARN, which both end with it."""
    return {"suffix": {"Fn::Select": [1, {"Fn::Split": ["/", ref(parameter)]}]}}


STREAM_NAME = {"Fn::Select": [1, {"Fn::Split": ["/", ref("KinesisStreamArn")]}]}

# Links of the chain that others own: (service, condition, how a call names it)
LENT = [
    ("Logs", "HasLogGroup", within("CloudTrailCloudWatchLogsGroupName", None)),
    ("Logs", "HasFlowLogs", within("FlowLogGroupName", None)),
    ("Logs", "HasEksLogs", within("EksLogGroupName", None)),
    ("Topics", "NoticesFromTopic", beginning("TrailTopicArn", None)),
    ("Topics", "HasOtherTopic", beginning("OtherTopicArn", None)),
    ("Secrets", "HasSecretName", within("SecretName", None)),
    ("Bucket", "TrailIsOurs", ref("TrailBucket")),
    ("Bucket", "HasLogBucket", ref("LogBucket")),
    ("Stream", "HasStream", ref("KinesisStreamArn")),
    ("Stream", "HasStream", STREAM_NAME),
    ("Consumers", "HasStream", ref("KinesisStreamArn")),
    ("Keys", "HasKey", key_id("KeyArn")),
    ("Keys", "HasAlarmKey", key_id("AlarmKeyArn")),
    ("Boundary", "HasBoundary", ref("PermissionsBoundaryArn")),
    ("Keys", "HasTrailKey", key_id("TrailBucketKeyArn")),
    ("Keys", "HasLogBucketKey", key_id("LogBucketKeyArn")),
    ("Keys", "HasStreamKey", key_id("KinesisKeyArn")),
    ("Keys", "HasSecretsKey", key_id("SecretsKeyArn")),
    ("Parameter", "HasConfigParameter", ref("ConfigParameter")),
    ("Stack", None, ref("AWS::StackName")),
    ("Stack", None, ref("AWS::StackId")),
]

TOLD = (
    "Activity Aware: its own chain was changed, or somebody tried to: <event> (<service>) by <who> "
    "from <where> in <account>, <region>, at <time>. <error> Event <id>."
)

PATHS = {
    "event": "$.detail.eventName",
    "service": "$.detail.eventSource",
    "who": "$.detail.userIdentity.arn",
    "where": "$.detail.sourceIPAddress",
    "account": "$.account",
    "region": "$.detail.awsRegion",
    "time": "$.detail.eventTime",
    "error": "$.detail.errorCode",
    "id": "$.detail.eventID",
}


class Unwatched(Exception):
    """A resource that nobody would see change."""


def links(template):
    """Everything to be watched: (service, condition, how a call names it)."""
    for name, resource in template["Resources"].items():
        kind = resource["Type"]
        if name.startswith("Watch") or kind in PARTS:
            continue
        if kind not in TYPES:
            hint = "hint: say in TYPES of deploy/watch.py how a call names it"
            raise Unwatched(f"{name}: nobody would see a change of a {kind} ({hint})")
        for service, named in TYPES[kind]:
            all_of_them = named in (ours, ours_in_arn)
            condition = None if all_of_them else resource.get("Condition")
            yield service, condition, named(name, resource)
    yield from LENT


def names(found):
    """The names as a list that is never empty, because EventBridge accepts no empty list."""
    always = [name for condition, name in found if condition is None]
    maybe = [
        {"Fn::If": [condition, name, ref("AWS::NoValue")]} for condition, name in found if condition
    ]
    return (always or ["-"]) + maybe


def pattern(service, found, keys):
    """Every call that changes one of these and names it by one of the keys. Data calls are not
    changes."""
    source, _, daily = SERVICES[service]
    detail = {
        "eventSource": [f"{source}.amazonaws.com"],
        "readOnly": [False],
        "managementEvent": [True],
    }
    if daily:
        detail["eventName"] = [{"anything-but": daily}]
    if len(keys) == 1:
        detail["requestParameters"] = {keys[0]: names(found)}
    elif keys:
        detail["$or"] = [{"requestParameters": {key: names(found)}} for key in keys]
    # Anybody who may put events can use the detail type; only AWS can use a source with this prefix.
    own = {"source": [{"prefix": "aws."}], "detail-type": ["AWS API Call via CloudTrail"]}
    return own | {"detail": detail}


def account_pattern():
    """Calls that change something of ours without naming it."""
    sources = sorted({f"{source}.amazonaws.com" for source, _ in ACCOUNT})
    detail = {
        "eventSource": sources,
        "eventName": [call for _, call in ACCOUNT],
        "managementEvent": [True],
    }
    own = {"source": [{"prefix": "aws."}], "detail-type": ["AWS API Call via CloudTrail"]}
    return own | {"detail": detail}


def rule(name, what, pattern):
    target = {
        "Id": "alarms",
        "Arn": ref("AlarmTopic"),
        "InputTransformer": {"InputPathsMap": PATHS, "InputTemplate": f'"{TOLD}"'},
    }
    properties = {
        "Name": {"Fn::Sub": [f"aware-${{Id}}-{name}", {"Id": STACK_UUID}]},
        "Description": f"Changes to our own chain: {what}",
        "EventPattern": pattern,
        "Targets": [target],
    }
    return {"Type": "AWS::Events::Rule", "Properties": properties}


def length(template, pattern):
    """The maximum length of a pattern."""
    stack = Stack(template, LONGEST_STACK, LONGEST)
    return len(json.dumps(stack.resolve(pattern), separators=(",", ":")))


def parts(template, service, found):
    """The names in as few lists as keep every pattern within the limit, each list with its keys. A name
    that is too long for one pattern with all keys is split by keys."""
    keys = SERVICES[service][1]

    def fits(names, keys):
        return length(template, pattern(service, names, keys)) <= MOST

    lists = [[]]
    for each in found:
        if lists[-1] and not fits(lists[-1] + [each], keys):
            lists.append([])
        if each not in lists[-1]:
            lists[-1].append(each)
    for names_of in lists:
        many = max(1, len(keys))
        while many > 1 and not fits(names_of, keys[:many]):
            many -= 1
        for at in range(0, max(1, len(keys)), many):
            yield keys[at : at + many], names_of


def rules(template):
    """The rules by name."""
    found = {service: [] for service in SERVICES}
    for service, condition, name in links(template):
        found[service].append((condition, name))
    made = {}
    for service, names_of in found.items():
        made_of = list(parts(template, service, names_of))
        for number, (keys, part) in enumerate(made_of, 1):
            name = f"Watch{service}{number if len(made_of) > 1 else ''}"
            made[name] = rule(name, service.lower(), pattern(service, part, keys))
    made["WatchAccount"] = rule("WatchAccount", "everything in the account", account_pattern())
    return made


class Short(yaml.SafeDumper):
    """CloudFormation's short forms, each on one line, without anchors, which it does not accept."""

    def ignore_aliases(self, data):
        return True

    def dictionary(self, value):
        (key, argument), *others = value.items()
        tag = "!" + key.removeprefix("Fn::")
        if others or not (key == "Ref" or key.startswith("Fn::")):
            return self.represent_dict(value)
        if isinstance(argument, str):
            return self.represent_scalar(tag, argument)
        return self.represent_sequence(tag, argument, flow_style=True)


Short.add_representer(dict, Short.dictionary)


def section(template):
    text = yaml.dump(rules(template), Dumper=Short, sort_keys=False, width=110, default_flow_style=None)
    text = re.sub(r"!Ref '([\w:]+)'", r"!Ref \1", text)
    return "".join(f"  {line}\n" for line in text.splitlines())


def current(text):
    """The template's text with the generated section up to date."""
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    return head + BEGIN + section(read(head + tail)) + END + tail


def main():
    text = PATH.read_text()
    wanted = current(text)
    if "--check" not in sys.argv[1:]:
        PATH.write_text(wanted)
    elif text != wanted:
        sys.exit("deploy/template.yaml is not current (hint: python deploy/watch.py)")


if __name__ == "__main__":
    main()
