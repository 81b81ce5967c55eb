"""Who may do what, and who sees what: each check returns what is wrong, as lines of text."""

import json

from .walk import of, plain, refers

# Statements whose resource holds a star: (resource, Sid): why it must.
STARS = {
    ("SourceRole", "ReadTrail"): "objects of one bucket below one prefix",
    ("SourceRole", "ReadLogs"): "objects of one bucket below one prefix",
    ("SlackRole", "ReadSecret"): "AWS appends six characters to a secret's name",
    ("TopicKey", "ThisAccountAdministers"): "in a key's policy the star is that key",
    ("TopicKey", "OnlyServicesGetGrants"): "in a key's policy the star is that key",
    ("AlarmKey", "OnlyServicesGetGrants"): "in a key's policy the star is that key",
    ("TopicKey", "PublishersThroughSns"): "in a key's policy the star is that key",
    ("AlarmKey", "ThisAccountAdministers"): "in a key's policy the star is that key",
    ("AlarmKey", "AlarmsAndRulesPublish"): "in a key's policy the star is that key",
}

# Services that are let in without a condition: (resource, Sid): why.
UNCONDITIONAL = {
    ("AlarmTopicPolicy", "RulesPublish"): "EventBridge allows no conditions in a topic's policy",
    ("AlarmKey", "AlarmsAndRulesPublish"): "the same, and CloudWatch is bound by the topic's policy",
}


def statements(template):
    """Every statement of every policy, those behind a condition too: (resource, statement)."""
    for name, resource in template["Resources"].items():
        stack = [resource["Properties"]]
        while stack:
            value = stack.pop()
            if isinstance(value, dict) and "Effect" in value:
                yield name, value
            elif isinstance(value, (dict, list)):
                stack.extend(value.values() if isinstance(value, dict) else value)


def stars(template):
    """Policies name their actions and resources."""
    for name, statement in statements(template):
        where = f"{name}, {statement.get('Sid')}"
        for key in ("NotAction", "NotResource", "NotPrincipal"):
            if key in statement:
                yield f"{where}: has a {key}"
        if any("*" in action for action in plain(statement.get("Action", []))):
            yield f"{where}: a star among the actions"
        starred = any(set(text) & set("*?") for text in plain(statement.get("Resource", [])))
        if starred and (name, statement.get("Sid")) not in STARS:
            yield f"{where}: a star among the resources"
        if statement["Effect"] == "Allow" and "*" in plain(statement.get("Principal", [])):
            yield f"{where}: lets everybody in"
    for name, properties in of(template, "AWS::IAM::Role"):
        if properties.get("ManagedPolicyArns"):
            yield f"{name}: has a managed policy, which somebody else writes"


def strangers(template):
    """A service is let in only for a thing of ours."""
    for name, statement in statements(template):
        principal = statement.get("Principal")
        service = isinstance(principal, dict) and "Service" in principal
        if not service or statement["Action"] == "sts:AssumeRole" or "Condition" in statement:
            continue
        if (name, statement.get("Sid")) not in UNCONDITIONAL:
            yield f"{name}, {statement.get('Sid')}: lets a service in without a condition"
    for name, properties in of(template, "AWS::Lambda::Permission"):
        if "SourceArn" not in properties:
            yield f"{name}: lets a service in without a condition"


def publishers(template):
    """Nobody publishes to our topics but those who are named."""
    for topic in ("SNSTopic", "HeartbeatTopic"):
        policies = [p for _, p in of(template, "AWS::SNS::TopicPolicy") if refers(p["Topics"], topic)]
        denials = [s for p in policies for s in p["PolicyDocument"]["Statement"] if s.get("Effect") == "Deny"]
        kept = [s for s in denials if s["Principal"] == "*" and "aws:PrincipalArn" in s["Condition"]["ArnNotEquals"]]
        if not kept:
            yield f"{topic}: anybody in the account may publish"


def secrets(template):
    """The webhook is in the secret and nowhere else."""
    for name, parameter in template["Parameters"].items():
        if name == "SlackWebhookURL" and not parameter.get("NoEcho"):
            yield f"{name}: shown by CloudFormation"
        if not parameter.get("NoEcho"):
            continue
        for resource, body in template["Resources"].items():
            rest = {key: value for key, value in body["Properties"].items() if key != "SecretString"}
            if refers(rest, name):
                yield f"{resource}: holds {name} in the open"
    if refers(template["Outputs"], "SlackWebhookURL"):
        yield "an output shows SlackWebhookURL"


NARROWED = {
    "kms:Decrypt": "kms:ViaService",
    "dynamodb:PutItem": "dynamodb:LeadingKeys",
    "dynamodb:Query": "dynamodb:LeadingKeys",
    "s3:GetObject": "aws:ResourceAccount",
    "s3:ListBucket": "s3:prefix",
}


def narrowed(template):
    """Who may use a key, an item or an object may do so for one thing alone."""
    for name, statement in statements(template):
        if name not in ("SourceRole", "SlackRole"):
            continue
        text = json.dumps(statement.get("Condition", {}))
        for action in plain(statement.get("Action", [])):
            if action in NARROWED and NARROWED[action] not in text:
                yield f"{name}, {statement.get('Sid')}: {action} without {NARROWED[action]}"


# What each function calls, with the permission that it takes: see docs/deploying.md.
CALLS = {
    "SourceRole": {
        "cloudtrail:GetEventSelectors", "cloudtrail:GetTrail", "cloudtrail:GetTrailStatus",
        "dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Query",
        "kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords",
        "kinesis:GetShardIterator", "kinesis:ListShards", "kms:Decrypt", "kms:GenerateDataKey",
        "logs:CreateLogStream", "logs:PutLogEvents", "s3:GetObject", "s3:ListBucket", "sns:GetSubscriptionAttributes", "sns:Publish",
        "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage",
        "ssm:GetParameter",
    },
    "SlackRole": {
        "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:Query", "kms:Decrypt",
        "kms:GenerateDataKey", "logs:CreateLogStream", "logs:PutLogEvents",
        "secretsmanager:GetSecretValue", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage",
        "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage", "ssm:GetParameter",
    },
}  # fmt: skip


def called(template):
    """A role may do what its function does, and nothing else."""
    for role, calls in CALLS.items():
        allowed = {
            action for name, statement in statements(template) if name == role and statement.get("Sid")
            for action in plain(statement["Action"])
        }  # fmt: skip
        for action in sorted(allowed - calls):
            yield f"{role}: may {action}, which nobody calls"
        for action in sorted(calls - allowed):
            yield f"{role}: may not {action}"


def canary(template):
    """What the canary calls is allowed to nobody."""
    for name, statement in statements(template):
        if "dynamodb:ListTables" in plain(statement.get("Action", [])):
            yield f"{name}, {statement.get('Sid')}: the canary would be allowed"


CHECKS = [stars, strangers, publishers, secrets, narrowed, called, canary]
