"""Whoever changes a link of our own chain is told about by the second way."""

import copy
import json
import unittest

import calls
import watch
from resolve import ACCOUNT, ARN, LONGEST, PARAMETERS, Stack
from templates import PATH, read

from .match import matches

# type: calls that change one of these, with what the request names: (source, call, parameters).
# `Ref`, the logical name, and the properties are at hand.
CHANGES = {
    "AWS::Serverless::Function": lambda stack, ref, _: [
        ("lambda", "UpdateFunctionCode20150331v2", {"functionName": ref}),
        ("lambda", "PutFunctionConcurrency20171031", {"functionName": lambda_arn(ref)}),
        ("lambda", "DeleteFunction20150331", {"functionName": f"{ACCOUNT}:function:{ref}"}),
        ("lambda", "UntagResource20170331v2", {"resource": lambda_arn(ref)}),
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
        ("logs", "AssociateKmsKey", {"resourceIdentifier": ARN.format(service="logs", rest=f"log-group:{ref}")}),
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
        ("sqs", "StartMessageMoveTask", {"sourceArn": queue_arn(ref)}),
        ("sqs", "StartMessageMoveTask", {"sourceArn": queue_arn("x"), "destinationArn": queue_arn(ref)}),
        ("lambda", "CreateEventSourceMapping20150331", {"functionName": "thief", "eventSourceArn": queue_arn(ref)}),
    ],
    "AWS::SQS::QueuePolicy": lambda stack, ref, its: [
        ("sqs", "SetQueueAttributes", {"queueUrl": stack.resolve(its["Queues"][0])})
    ],
    "AWS::KMS::Key": lambda stack, ref, _: [
        ("kms", "ScheduleKeyDeletion", {"keyId": ref}),
        ("kms", "DisableKey", {"keyId": ARN.format(service="kms", rest=f"key/{ref}")}),
        ("kms", "UpdateAlias", {"aliasName": "alias/x", "targetKeyId": ref}),
    ],
    "AWS::SecretsManager::Secret": lambda stack, ref, _: [
        ("secretsmanager", "PutSecretValue", {"secretId": ref}),
        ("secretsmanager", "DeleteSecret", {"secretId": ARN.format(service="secretsmanager", rest=f"secret:{ref}-a1b2c3")}),
    ],
    "AWS::DynamoDB::Table": lambda stack, ref, _: [
        ("dynamodb", "DeleteTable", {"tableName": ref}),
        ("dynamodb", "UpdateTable", {"tableName": ARN.format(service="dynamodb", rest=f"table/{ref}")}),
        ("dynamodb", "ExportTableToPointInTime", {"tableArn": ARN.format(service="dynamodb", rest=f"table/{ref}")}),
        ("dynamodb", "RestoreTableToPointInTime", {"sourceTableName": ref, "targetTableName": "x"}),
    ],
    "AWS::IAM::Role": lambda stack, ref, _: [
        ("iam", "PutRolePolicy", {"roleName": ref, "policyName": "more"}),
        ("iam", "AttachRolePolicy", {"roleName": ref}),
    ],
    "AWS::Events::Rule": lambda stack, ref, _: [
        ("events", "DisableRule", {"name": ref}),
        ("events", "RemoveTargets", {"rule": ref, "ids": ["source"]}),
        ("events", "TagResource", {"resourceARN": ARN.format(service="events", rest=f"rule/{ref}")}),
    ],
    "AWS::CloudWatch::Alarm": lambda stack, ref, _: [
        ("monitoring", "DeleteAlarms", {"alarmNames": ["another", ref]}),
        ("monitoring", "PutMetricAlarm", {"alarmName": ref}),
        ("monitoring", "UntagResource", {"resourceARN": ARN.format(service="cloudwatch", rest=f"alarm:{ref}")}),
    ],
    "AWS::CloudWatch::Dashboard": lambda stack, ref, _: [
        ("monitoring", "DeleteDashboards", {"dashboardNames": [ref]})
    ],
}  # fmt: skip

# Links that the stack does not own.
LENT = [
    ("logs", "DeleteSubscriptionFilter", {"logGroupName": PARAMETERS["CloudTrailCloudWatchLogsGroupName"]}),
    ("logs", "AssociateKmsKey", {"resourceIdentifier": ARN.format(service="logs", rest="log-group:CloudTrail/DefaultLogGroup")}),
    ("logs", "AssociateKmsKey", {"resourceIdentifier": ARN.format(service="logs", rest=f"log-group:{PARAMETERS['FlowLogGroupName']}")}),
    ("logs", "AssociateKmsKey", {"resourceIdentifier": ARN.format(service="logs", rest=f"log-group:{PARAMETERS['EksLogGroupName']}")}),
    ("sns", "DeleteTopic", {"topicArn": PARAMETERS["TrailTopicArn"]}),
    ("sns", "Unsubscribe", {"subscriptionArn": PARAMETERS["OtherTopicArn"] + ":0a1b"}),
    ("s3", "PutBucketNotification", {"bucketName": "trail"}),
    ("s3", "PutBucketLifecycle", {"bucketName": "trail"}),
    ("kinesis", "DeleteStream", {"streamName": "records"}),
    ("kinesis", "DeleteStream", {"streamARN": PARAMETERS["KinesisStreamArn"]}),
    ("lambda", "CreateEventSourceMapping20150331", {"functionName": "thief", "eventSourceArn": PARAMETERS["KinesisStreamArn"]}),
    ("iam", "CreatePolicyVersion", {"policyArn": PARAMETERS["PermissionsBoundaryArn"]}),
    ("kms", "DisableKey", {"keyId": PARAMETERS["KeyArn"]}),
    ("kms", "DisableKey", {"keyId": PARAMETERS["AlarmKeyArn"]}),
    ("kms", "ScheduleKeyDeletion", {"keyId": PARAMETERS["TrailBucketKeyArn"]}),
    ("kms", "DisableKey", {"keyId": PARAMETERS["KinesisKeyArn"].split("/")[1]}),
    ("kms", "PutKeyPolicy", {"keyId": PARAMETERS["SecretsKeyArn"]}),
    ("monitoring", "PutAlarmMuteRule", {"name": "quiet", "muteTargets": {"alarmNames": ["x"]}}),
    ("logs", "PutAccountPolicy", {"policyName": "mask", "policyType": "DATA_PROTECTION_POLICY"}),
    ("ssm", "AddTagsToResource", {"resourceType": "Parameter", "resourceId": "/aware/config"}),
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


def queue_arn(url):
    return ARN.format(service="sqs", rest=url.rsplit("/", 1)[-1])


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

    def test_patterns_and_names_fit_whatever_the_stack_is_called(self):
        """A stack set's instance is called StackSet-, its name and an id: 128 characters at most."""
        for name in ("aware", "StackSet-" + "n" * 119):
            stack = Stack(self.template, name, LONGEST)
            for logical, rule in watchers(self.template).items():
                with self.subTest(logical, stack=len(name)):
                    pattern = stack.resolve(rule["Properties"]["EventPattern"])
                    self.assertLessEqual(len(json.dumps(pattern, separators=(",", ":"))), 2048)
                    self.assertLessEqual(len(stack.physical(logical)), 64)

    def test_two_stacks_do_not_tell_of_each_other(self):
        asked = patterns(self.template)
        for source, call, key, name in (
            ("events", "DisableRule", "name", "WatchRules"), ("monitoring", "PutMetricAlarm", "alarmName", "SourceErrors"),
        ):  # fmt: skip
            other = f"aware-99999999-4e5f-11f0-8a9b-0c1d2e3f4a5b-{name}"
            self.assertEqual(told(asked, event(source, call, {key: other})), [])

    def test_a_rule_with_a_name_of_its_own_is_refused(self):
        template = copy.deepcopy(self.template)
        template["Resources"]["TickRule"]["Properties"]["Name"] = "tick"
        with self.assertRaisesRegex(watch.Unwatched, "its name must begin with aware-"):
            watch.rules(template)

    def test_the_alarm_path_is_told_of_by_the_other_way(self):
        stack = Stack(self.template)
        rule = self.template["Resources"]["AlarmPathRule"]["Properties"]
        self.assertEqual([target["Arn"] for target in rule["Targets"]], [{"Fn::GetAtt": ["SourceFunction", "Arn"]}])
        asked = {"AlarmPathRule": stack.resolve(rule["EventPattern"])}
        topic, key = stack.ref("AlarmTopic"), PARAMETERS["AlarmKeyArn"].split("/")[1]
        self.assertIn('{"Ref": "AlarmKey"}', json.dumps(rule["EventPattern"]), "the stack's own, where there is no other")
        for source, call, parameters in (
            ("sns", "Unsubscribe", {"subscriptionArn": f"{topic}:0a1b"}),
            ("sns", "DeleteTopic", {"topicArn": topic}),
            ("sns", "SetTopicAttributes", {"topicArn": topic}),
            ("kms", "DisableKey", {"keyId": key}),
            ("kms", "ScheduleKeyDeletion", {"keyId": ARN.format(service="kms", rest=f"key/{key}")}),
        ):
            with self.subTest(call):
                self.assertEqual(told(asked, event(source, call, parameters)), ["AlarmPathRule"])
        self.assertEqual(told(asked, event("sns", "DeleteTopic", {"topicArn": ARN.format(service="sns", rest="other")})), [])

    def test_nothing_is_watched_through_our_own_topic(self):
        for name, rule in watchers(self.template).items():
            arns = [target["Arn"] for target in rule["Properties"]["Targets"]]
            self.assertEqual(arns, [{"Ref": "AlarmTopic"}], name)


class Calls(unittest.TestCase):
    """Of every call that changes something on a service of the chain it is said whether we would see it."""

    @classmethod
    def setUpClass(cls):
        cls.template = read()

    def test_every_call_is_watched_or_excused_by_name(self):
        excused, data = calls.excused(), calls.data_events()
        known = set()
        for service, call, parameters in calls.mutating():
            known.add((service, call))
            with self.subTest(f"{service} {call}"):
                watched = calls.watched(service, call, parameters)
                if (service, call) in data:
                    continue
                hint = "neither watched nor excused (hint: deploy/watch.py or deploy/excused.yaml)"
                self.assertTrue(watched or (service, call) in excused, hint)
                self.assertFalse(watched and (service, call) in excused, "excused, but watched")
        self.assertEqual(set(excused) - known, set(), "excused, but there is no such call")

    def test_every_reason_is_one(self):
        for key, reason in calls.excused().items():
            self.assertRegex(reason, r"^[A-Z].{20,}\.$", key)

    def test_what_is_watched_is_told_for_every_link(self):
        asked = patterns(self.template)
        stack = Stack(self.template)
        names = {}
        for kind, _, named in watch.links(self.template):
            names.setdefault(kind, []).append(example(stack.resolve(named)))
        data, tried = calls.data_events(), 0
        for service, call, parameters in calls.mutating():
            if (service, call) in data:
                continue
            for kind, key in calls.watched(service, call, parameters):
                for name in names.get(kind, [None]):
                    request = {key: name} if key else {}
                    happened = event(calls.SERVICES[service], call, request)
                    self.assertTrue(told(asked, happened), f"{service} {call} {request}")
                    tried += 1
        self.assertGreater(tried, 500)

    def test_a_new_call_is_noticed(self):
        self.assertEqual(calls.watched("kms", "MeltKey", ["temperature"]), [])
        self.assertNotIn(("kms", "MeltKey"), calls.excused())

    def test_the_page_is_current(self):
        self.assertEqual(calls.PAGE.read_text(), calls.page(), "hint: python deploy/calls.py")


def example(named):
    """A name that agrees with what a pattern asks for."""
    if not isinstance(named, dict):
        return named
    (kind, text), = named.items()
    return {"prefix": text + "x", "suffix": "x" + text, "wildcard": text.replace("*", "x")}[kind]


if __name__ == "__main__":
    unittest.main()
