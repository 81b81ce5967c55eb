"""Whoever changes a link of our own chain is told about by the second way."""

import copy
import json
import unittest

import watch
from templates import PATH, read

from .match import matches
from .resolve import ACCOUNT, ARN, PARAMETERS, Stack

# type: calls that change one of these, with what the request names: (source, call, parameters).
# `Ref`, the logical name, and the properties are at hand.
CHANGES = {
    "AWS::Serverless::Function": lambda stack, ref, _: [
        ("lambda", "UpdateFunctionCode20150331v2", {"functionName": ref}),
        ("lambda", "PutFunctionConcurrency20171031", {"functionName": lambda_arn(ref)}),
        ("lambda", "DeleteFunction20150331", {"functionName": f"{ACCOUNT}:function:{ref}"}),
    ],
    "AWS::Lambda::EventSourceMapping": lambda stack, ref, _: [
        ("lambda", "UpdateEventSourceMapping20150331", {"uUID": ref}),
        ("lambda", "DeleteEventSourceMapping20150331", {"uuid": ref}),
    ],
    "AWS::Lambda::EventInvokeConfig": lambda stack, ref, its: [
        ("lambda", "DeleteFunctionEventInvokeConfig", {"functionName": stack.resolve(its["FunctionName"])})
    ],
    "AWS::Lambda::Permission": lambda stack, ref, its: [
        ("lambda", "RemovePermission20150331v2", {"functionName": stack.resolve(its["FunctionName"])})
    ],
    "AWS::Logs::LogGroup": lambda stack, ref, _: [
        ("logs", "DeleteLogGroup", {"logGroupName": ref}),
        ("logs", "PutDataProtectionPolicy", {"logGroupIdentifier": ARN.format(service="logs", rest=f"log-group:{ref}")}),
    ],
    "AWS::Logs::SubscriptionFilter": lambda stack, ref, its: [
        ("logs", "DeleteSubscriptionFilter", {"logGroupName": stack.resolve(its["LogGroupName"])})
    ],
    "AWS::SNS::Topic": lambda stack, ref, _: [
        ("sns", "SetTopicAttributes", {"topicArn": ref}),
        ("sns", "PutDataProtectionPolicy", {"resourceArn": ref}),
    ],
    "AWS::SNS::TopicPolicy": lambda stack, ref, its: [
        ("sns", "AddPermission", {"topicArn": stack.resolve(its["Topics"][0])})
    ],
    "AWS::SNS::Subscription": lambda stack, ref, its: [
        ("sns", "Unsubscribe", {"subscriptionArn": stack.resolve(its["TopicArn"]) + ":0a1b2c3d"}),
        ("sns", "Subscribe", {"topicArn": stack.resolve(its["TopicArn"])}),
    ],
    "AWS::SQS::Queue": lambda stack, ref, _: [
        ("sqs", "PurgeQueue", {"queueUrl": ref}),
        ("sqs", "DeleteQueue", {"queueUrl": ref.replace("sqs.eu-west-1", "eu-west-1.queue")}),
    ],
    "AWS::SQS::QueuePolicy": lambda stack, ref, its: [
        ("sqs", "SetQueueAttributes", {"queueUrl": stack.resolve(its["Queues"][0])})
    ],
    "AWS::KMS::Key": lambda stack, ref, _: [
        ("kms", "ScheduleKeyDeletion", {"keyId": ref}),
        ("kms", "DisableKey", {"keyId": ARN.format(service="kms", rest=f"key/{ref}")}),
    ],
    "AWS::SecretsManager::Secret": lambda stack, ref, _: [
        ("secretsmanager", "PutSecretValue", {"secretId": ref}),
        ("secretsmanager", "DeleteSecret", {"secretId": ARN.format(service="secretsmanager", rest=f"secret:{ref}-a1b2c3")}),
    ],
    "AWS::DynamoDB::Table": lambda stack, ref, _: [
        ("dynamodb", "DeleteTable", {"tableName": ref}),
        ("dynamodb", "UpdateTable", {"tableName": ARN.format(service="dynamodb", rest=f"table/{ref}")}),
    ],
    "AWS::IAM::Role": lambda stack, ref, _: [
        ("iam", "PutRolePolicy", {"roleName": ref, "policyName": "more"}),
        ("iam", "AttachRolePolicy", {"roleName": ref}),
    ],
    "AWS::Events::Rule": lambda stack, ref, _: [
        ("events", "DisableRule", {"name": ref}),
        ("events", "RemoveTargets", {"rule": ref, "ids": ["source"]}),
    ],
    "AWS::CloudWatch::Alarm": lambda stack, ref, _: [
        ("monitoring", "DeleteAlarms", {"alarmNames": ["another", ref]}),
        ("monitoring", "PutMetricAlarm", {"alarmName": ref}),
    ],
    "AWS::CloudWatch::Dashboard": lambda stack, ref, _: [
        ("monitoring", "DeleteDashboards", {"dashboardNames": [ref]})
    ],
}  # fmt: skip

# Links that the stack does not own.
LENT = [
    ("logs", "DeleteSubscriptionFilter", {"logGroupName": PARAMETERS["CloudTrailCloudWatchLogsGroupName"]}),
    ("sns", "DeleteTopic", {"topicArn": PARAMETERS["TrailTopicArn"]}),
    ("sns", "Unsubscribe", {"subscriptionArn": PARAMETERS["OtherTopicArn"] + ":0a1b"}),
    ("s3", "PutBucketNotification", {"bucketName": "trail"}),
    ("s3", "PutBucketLifecycle", {"bucketName": "trail"}),
    ("kinesis", "DeleteStream", {"streamName": "records"}),
    ("kinesis", "DeleteStream", {"streamARN": PARAMETERS["KinesisStreamArn"]}),
    ("ssm", "PutParameter", {"name": "/aware/config"}),
    ("ssm", "DeleteParameters", {"names": ["/aware/config"]}),
    ("secretsmanager", "DeleteSecret", {"secretId": "bot-token"}),
    ("cloudtrail", "StopLogging", {"name": "management"}),
    ("cloudtrail", "PutEventSelectors", {"trailName": "management"}),
    ("cloudformation", "DeleteStack", {"stackName": "aware"}),
]  # fmt: skip

# The business of others, and our own daily one.
OTHERS = [
    ("lambda", "DeleteFunction20150331", {"functionName": "checkout"}, {}),
    ("sqs", "PurgeQueue", {"queueUrl": f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/orders"}, {}),
    ("sqs", "PurgeQueue", {}, {}),
    ("cloudformation", "DeleteStack", {"stackName": "aware2"}, {}),
    ("cloudtrail", "GetTrailStatus", {"name": "management"}, {"readOnly": True}),
    ("dynamodb", "PutItem", {"tableName": "aware-Table-1A2B3C4D5E6F7"}, {"managementEvent": False}),
    ("logs", "CreateLogStream", {"logGroupName": "aware-SourceLogs-1A2B3C4D5E6F7"}, {}),
    ("kms", "GenerateDataKey", {"keyId": "aware-TopicKey-1A2B3C4D5E6F7"}, {}),
]  # fmt: skip


def lambda_arn(name):
    return ARN.format(service="lambda", rest=f"function:{name}")


def event(source, call, parameters, **other):
    detail = {
        "eventSource": f"{source}.amazonaws.com",
        "eventName": call,
        "requestParameters": parameters,
        "readOnly": False,
        "managementEvent": True,
    }
    return {
        "source": f"aws.{source}",
        "detail-type": "AWS API Call via CloudTrail",
        "detail": detail | other,
    }


def watchers(template):
    return {name: each for name, each in template["Resources"].items() if name.startswith("Watch")}


def patterns(template):
    """What each rule that tells the alarm topic asks for, by the rule's name."""
    stack = Stack(template)
    return {
        name: stack.resolve(rule["Properties"]["EventPattern"])
        for name, rule in watchers(template).items()
        if any(target["Arn"] == {"Ref": "AlarmTopic"} for target in rule["Properties"]["Targets"])
    }


def told(asked, happened):
    """The rules that tell of an event."""
    return [name for name, pattern in asked.items() if matches(pattern, happened)]


def changes(template):
    """A change of everything: (what, event)."""
    stack = Stack(template)
    for name, resource in template["Resources"].items():
        for change in CHANGES[resource["Type"]](stack, stack.ref(name), resource["Properties"]):
            yield f"{name}: {change[1]}", event(*change)
    yield from ((f"{call} {parameters}", event(source, call, parameters)) for source, call, parameters in LENT)


class Watch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.template = read()

    def test_the_rules_are_current(self):
        text = PATH.read_text()
        self.assertTrue(watch.current(text) == text, "not current (hint: python deploy/watch.py)")

    def test_rules_that_are_not_current_are_noticed(self):
        text = PATH.read_text()
        for stale in (
            text.replace("  SlackQueue:\n", "  OtherQueue:\n"),
            text.replace("*${SourceFunction}*", "*"),
        ):
            self.assertTrue(watch.current(stale) != stale)

    def test_a_resource_of_a_new_type_is_refused(self):
        template = copy.deepcopy(self.template)
        template["Resources"]["Bucket"] = {"Type": "AWS::S3::Bucket", "Properties": {}}
        with self.assertRaisesRegex(watch.Unwatched, "Bucket: nobody would see a change"):
            watch.rules(template)

    def test_every_change_of_the_chain_is_told(self):
        asked = patterns(self.template)
        self.assertEqual([what for what, happened in changes(self.template) if not told(asked, happened)], [])

    def test_without_any_one_rule_something_is_not_told(self):
        asked = patterns(self.template)
        tellers = [told(asked, happened) for _, happened in changes(self.template)]
        alone = {names[0] for names in tellers if len(names) == 1}
        self.assertEqual(set(watchers(self.template)), alone)

    def test_the_business_of_others_is_not_told(self):
        asked = patterns(self.template)
        for source, call, parameters, other in OTHERS:
            with self.subTest(call):
                self.assertEqual(told(asked, event(source, call, parameters, **other)), [])

    def test_what_others_say_of_the_chain_is_not_told(self):
        asked = patterns(self.template)
        for _, happened in changes(self.template):
            self.assertEqual(told(asked, happened | {"source": "evil.app"}), [])

    def test_patterns_fit_into_a_rule(self):
        stack = Stack(self.template, "activity-aware-of-the-platform-team-prod")
        for name, rule in watchers(self.template).items():
            with self.subTest(name):
                text = json.dumps(stack.resolve(rule["Properties"]["EventPattern"]))
                self.assertLessEqual(len(text), 2048)

    def test_nothing_is_watched_through_our_own_topic(self):
        for name, rule in watchers(self.template).items():
            arns = [target["Arn"] for target in rule["Properties"]["Targets"]]
            self.assertEqual(arns, [{"Ref": "AlarmTopic"}], name)


if __name__ == "__main__":
    unittest.main()
