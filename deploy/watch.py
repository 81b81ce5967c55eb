"""Writes the rules that watch our own chain into the template, from its resources and parameters.

    python deploy/watch.py            # writes them
    python deploy/watch.py --check    # says whether they are current

A resource of a type that stands in no table below is an error: nobody would see it changed.
"""

import re
import sys

import yaml

from templates import PATH, read

BEGIN = "  # generated: begin (python deploy/watch.py)\n"
END = "  # generated: end\n"

# EventBridge takes patterns of at most 2048 characters, with all names resolved.
MOST_NAMES = 9

# service: (event source, what of a request names the thing, calls that are daily business)
SERVICES = {
    "Functions": ("lambda", ["functionName"], []),
    "Mappings": ("lambda", ["uUID", "uuid"], []),
    "Logs": ("logs", ["logGroupName", "logGroupIdentifier"], ["CreateLogStream"]),
    "Topics": ("sns", ["topicArn", "subscriptionArn", "resourceArn"], []),
    "Queues": ("sqs", ["queueUrl"], []),
    "Keys": ("kms", ["keyId"], ["Decrypt", "Encrypt", "GenerateDataKey"]),
    "Secrets": ("secretsmanager", ["secretId"], []),
    "Tables": ("dynamodb", ["tableName", "resourceArn"], []),
    "Roles": ("iam", ["roleName"], []),
    "Rules": ("events", ["name", "rule"], []),
    "Alarms": ("monitoring", ["alarmName", "alarmNames"], []),
    "Dashboards": ("monitoring", ["dashboardName", "dashboardNames"], []),
    "Stack": ("cloudformation", ["stackName"], []),
    "Bucket": ("s3", ["bucketName"], []),
    "Trails": ("cloudtrail", [], []),
    "Stream": ("kinesis", ["streamName", "streamARN"], []),
    "Parameter": ("ssm", ["name", "names"], []),
}


def ref(name):
    return {"Ref": name}


def sub(text):
    return {"Fn::Sub": text}


def exactly(name, _):
    return ref(name)


def ending(name, _):
    """An ARN or the name alone."""
    return {"suffix": ref(name)}


def beginning(name, _):
    """A topic's ARN, and those of its subscriptions."""
    return {"prefix": ref(name)}


def within(name, _):
    """A name with anything around it: parts of an ARN, qualifiers."""
    return {"wildcard": sub("*${%s}*" % name)}


def queue(name, _):
    """A queue's address, at any of the service's hosts."""
    return {"suffix": sub("/${AWS::AccountId}/${%s.QueueName}" % name)}


def secret(_, resource):
    """The name, or an ARN in part or whole."""
    return {"wildcard": {"Fn::Sub": ["*${Name}*", {"Name": resource["Properties"]["Name"]}]}}


# type: (service, how a call names one)
TYPES = {
    "AWS::Serverless::Function": ("Functions", within),
    "AWS::Lambda::EventSourceMapping": ("Mappings", exactly),
    "AWS::Logs::LogGroup": ("Logs", within),
    "AWS::SNS::Topic": ("Topics", beginning),
    "AWS::SQS::Queue": ("Queues", queue),
    "AWS::KMS::Key": ("Keys", ending),
    "AWS::SecretsManager::Secret": ("Secrets", secret),
    "AWS::DynamoDB::Table": ("Tables", ending),
    "AWS::IAM::Role": ("Roles", exactly),
    "AWS::Events::Rule": ("Rules", exactly),
    "AWS::CloudWatch::Alarm": ("Alarms", exactly),
    "AWS::CloudWatch::Dashboard": ("Dashboards", exactly),
}

# Seen with the thing that they are a part of: calls name that one.
PARTS = {
    "AWS::Lambda::Permission": "FunctionName",
    "AWS::Lambda::EventInvokeConfig": "FunctionName",
    "AWS::Logs::SubscriptionFilter": "LogGroupName",
    "AWS::SNS::Subscription": "TopicArn",
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SQS::QueuePolicy": "Queues",
}

STREAM_NAME = {"Fn::Select": [1, {"Fn::Split": ["/", ref("KinesisStreamArn")]}]}

# Not ours, but links of the chain: (service, condition, how a call names it)
LENT = [
    ("Logs", "HasLogGroup", within("CloudTrailCloudWatchLogsGroupName", None)),
    ("Topics", "NoticesFromTopic", beginning("TrailTopicArn", None)),
    ("Topics", "HasOtherTopic", beginning("OtherTopicArn", None)),
    ("Secrets", "HasSecretName", within("SecretName", None)),
    ("Bucket", "TrailIsOurs", ref("TrailBucket")),
    ("Stream", "HasStream", ref("KinesisStreamArn")),
    ("Stream", "HasStream", STREAM_NAME),
    ("Parameter", "HasConfigParameter", ref("ConfigParameter")),
    ("Stack", None, ref("AWS::StackName")),
    ("Stack", None, ref("AWS::StackId")),
]

# The rule that watches rules watches itself too, and must know its name before it is there.
OWN_NAME = sub("${AWS::StackName}-watch-rules")

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
    """A resource of which nobody would see a change."""


def links(template):
    """Everything to be watched: (service, condition, how a call names it)."""
    for name, resource in template["Resources"].items():
        kind = resource["Type"]
        if name.startswith("Watch") or kind in PARTS:
            continue
        if kind not in TYPES:
            hint = "hint: say in TYPES of deploy/watch.py how a call names it"
            raise Unwatched(f"{name}: nobody would see a change of a {kind} ({hint})")
        service, named = TYPES[kind]
        yield service, resource.get("Condition"), named(name, resource)
    yield from LENT


def names(found):
    """The names as a list that is never empty: EventBridge takes no empty one."""
    always = [name for condition, name in found if condition is None]
    maybe = [
        {"Fn::If": [condition, name, ref("AWS::NoValue")]} for condition, name in found if condition
    ]
    return (always or ["-"]) + maybe


def pattern(service, found):
    """Every call that changes one of these. Calls on data are not changes."""
    source, keys, daily = SERVICES[service]
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
    # Anybody who may put events can name the detail type; a source that begins so is AWS's alone.
    own = {"source": [{"prefix": "aws."}], "detail-type": ["AWS API Call via CloudTrail"]}
    return own | {"detail": detail}


def rule(service, found):
    target = {
        "Id": "alarms",
        "Arn": ref("AlarmTopic"),
        "InputTransformer": {"InputPathsMap": PATHS, "InputTemplate": f'"{TOLD}"'},
    }
    properties = {
        "Description": f"Changes to our own chain: {service.lower()}",
        "EventPattern": pattern(service, found),
        "Targets": [target],
    }
    return {"Type": "AWS::Events::Rule", "Properties": properties}


def parts(found):
    """Several lists where one would be too long."""
    return [found[at : at + MOST_NAMES] for at in range(0, len(found), MOST_NAMES)] or [[]]


def rules(template):
    """The rules by name."""
    found = {service: [] for service in SERVICES}
    for service, condition, name in links(template):
        found[service].append((condition, name))
    made = {}
    for service in SERVICES:
        for number, part in enumerate(parts(found[service]), 1):
            suffix = "" if len(found[service]) <= MOST_NAMES else str(number)
            if service != "Rules":
                made[f"Watch{service}{suffix}"] = rule(service, part)
    everyone = found["Rules"] + [(None, ref(name)) for name in made]
    return made | rules_of_rules(everyone)


def rules_of_rules(found):
    """Rules that watch rules; the last one watches those before it and itself."""
    made, rest = {}, found
    while len(rest) >= MOST_NAMES:
        name = f"WatchRules{len(made) + 1}"
        made[name] = rule("Rules", rest[:MOST_NAMES])
        rest = rest[MOST_NAMES:] + [(None, ref(name))]
    last = rule("Rules", rest + [(None, OWN_NAME)])
    last["Properties"] = {"Name": OWN_NAME} | last["Properties"]
    return made | {"WatchRules": last}


class Short(yaml.SafeDumper):
    """CloudFormation's short forms, each on one line, and no anchors, which it does not take."""

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
    """The template's text with the section as it should be."""
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
