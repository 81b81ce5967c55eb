"""The whole chain on an emulated AWS: from a log to one post in Slack, with the real bootstraps.

Skipped unless AWARE_SOURCE_ZIP and AWARE_DESTINATION_ZIP name the zips of the functions.
"""

import gzip
import json
import time
import unittest
import uuid

from .emulated import ACCOUNT, REGION, Stack
from .match import matches
from .stage import LOG_GROUP, ZIPS, Stage, denied, skip_without, template

BUCKET, LOG_BUCKET = "trail", "other-logs"
FLOWS, CLUSTER = "/flows", "/aws/eks/main/cluster"

PARAMETERS = {
    "CloudTrailCloudWatchLogsGroupName": LOG_GROUP,
    "SlackWebhookURL": "https://hooks.slack.com/services/T0/B0/x",
    "TrailBucket": BUCKET,
    "ManagementEvents": "all",
    "ServiceFindings": "on",
    "FlowLogGroupName": FLOWS,
    "EksLogGroupName": CLUSTER,
    "LogBucket": LOG_BUCKET,
    "LogPrefix": "AWSLogs/",
    "TrailArn": f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/all",
}


def setUpModule():
    skip_without("the chain is", *ZIPS.values())


class Chain(Stage):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.logs, cls.s3, cls.sqs = map(cls.aws.client, ("logs", "s3", "sqs"))
        cls.events, cls.lambdas = cls.aws.client("events"), cls.aws.client("lambda")
        cls.deploy()
        cls.wire()

    @classmethod
    def deploy(cls):
        for group in (LOG_GROUP, FLOWS, CLUSTER):
            cls.logs.create_log_group(logGroupName=group)
            cls.logs.create_log_stream(logGroupName=group, logStreamName="trail")
        for bucket in (BUCKET, LOG_BUCKET):
            cls.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        trails = cls.aws.client("cloudtrail")
        trails.create_trail(Name="all", S3BucketName=BUCKET)
        trails.stop_logging(Name="all")
        cls.stack = Stack(cls.aws, "aware", template(), cls.zips, PARAMETERS)
        cls.stack.change("CREATE")
        cls.outputs, cls.resources = cls.stack.outputs(), cls.stack.resources()

    @classmethod
    def wire(cls):
        """What the owner of a bucket does, and what only an emulated chain needs."""
        queue = {"QueueArn": cls.outputs["SourceQueueArn"], "Events": ["s3:ObjectCreated:*"]}
        cls.s3.put_bucket_notification_configuration(
            Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": [queue]}
        )
        secrets = cls.aws.client("secretsmanager")
        secrets.put_secret_value(SecretId=cls.outputs["SlackSecret"], SecretString=cls.slack.url)
        # The emulator takes the state that hands over calls that only read for a rule turned off.
        cls.events.enable_rule(Name=cls.resources["ApiCallRule"])
        # It wants every word of a filter pattern in a message, and knows no other form of pattern.
        for group in (FLOWS, CLUSTER):
            (its,) = cls.logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"]
            kept = {key: its[key] for key in ("logGroupName", "filterName", "destinationArn")}
            cls.logs.put_subscription_filter(**kept, filterPattern="")

    def setUp(self):
        self.slack.answers = []
        self.user = f"user-{uuid.uuid4().hex[:8]}"

    def into_log_group(self, *messages, group=LOG_GROUP):
        events = [{"timestamp": int(time.time() * 1000), "message": message} for message in messages]
        self.logs.put_log_events(logGroupName=group, logStreamName="trail", logEvents=events)

    def into_bucket(self, body):
        key = f"AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/{uuid.uuid4()}.json.gz"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)

    def into_log_bucket(self, key, body):
        """And as the bus hands the bucket's own event to the queue."""
        self.s3.put_object(Bucket=LOG_BUCKET, Key=key, Body=body)
        event = {
            "version": "0", "id": str(uuid.uuid4()), "source": "aws.s3", "account": ACCOUNT, "region": REGION,
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "detail-type": "Object Created",
            "resources": [f"arn:aws:s3:::{LOG_BUCKET}"],
            "detail": {
                "version": "0", "bucket": {"name": LOG_BUCKET}, "reason": "PutObject",
                "object": {"key": key, "size": len(body), "sequencer": uuid.uuid4().hex[:18].upper()},
            },
        }  # fmt: skip
        rule = self.resources["LogObjectRule"]
        pattern = self.events.describe_rule(Name=rule)["EventPattern"]
        self.assertTrue(matches(json.loads(pattern), event), pattern)
        (target,) = self.events.list_targets_by_rule(Rule=rule)["Targets"]
        self.assertEqual(target["Arn"], self.outputs["SourceQueueArn"])
        self.sqs.send_message(QueueUrl=self.outputs["SourceQueue"], MessageBody=json.dumps(event))

    def onto_bus(self, record, source="aws.iam", by="ApiCallRule", kind="AWS API Call via CloudTrail"):
        """As the bus hands AWS's own event to the rule's target: nobody else may put one of its sources."""
        event = {
            "version": "0", "id": str(uuid.uuid4()), "source": source, "account": ACCOUNT, "region": REGION,
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "detail-type": kind, "resources": [], "detail": record,
        }
        rule, function = self.resources[by], self.resources["SourceFunction"]
        pattern = self.events.describe_rule(Name=rule)["EventPattern"]
        self.assertTrue(matches(json.loads(pattern), event), pattern)
        targets = self.events.list_targets_by_rule(Rule=rule)["Targets"]
        self.assertTrue(any(f":function:{function}" in target["Arn"] for target in targets), targets)
        self.lambdas.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event))

    def put(self, source, record):
        entry = {"Source": source, "DetailType": "AWS API Call via CloudTrail", "Detail": json.dumps(record)}
        return self.events.put_events(Entries=[entry])["FailedEntryCount"]

    def until(self, condition, seconds=60):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                self.fail(f"nothing after {seconds} s; the emulator says:\n{self.emulator_says()}")
            time.sleep(0.1)

    def one_post(self, seconds=60, stays=5):
        """Exactly one post about this test's user, and it stays one."""
        self.until(lambda: self.slack.about(self.user), seconds)
        time.sleep(stays)
        posts = self.slack.about(self.user)
        self.assertEqual(len(posts), 1, posts)
        return json.dumps(posts[0])

    def waiting(self, queue):
        attributes = self.sqs.get_queue_attributes(
            QueueUrl=self.outputs[queue], AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(attributes["Attributes"]["ApproximateNumberOfMessages"])

    def test_deploying_twice_changes_nothing(self):
        self.assertFalse(self.stack.change("UPDATE"))

    def test_a_denied_call_in_the_log_group_is_one_post_with_its_explanation(self):
        self.into_log_group(json.dumps(denied(self.user)))
        self.assertIn("identity-based policy", self.one_post())

    def test_an_object_in_the_bucket_is_one_post(self):
        self.into_bucket(gzip.compress(json.dumps({"Records": [denied(self.user)]}).encode()))
        self.assertIn("iam:ListGroupsForUser", self.one_post())

    def test_an_event_on_the_bus_is_one_post(self):
        self.onto_bus(denied(self.user))
        self.assertIn("iam:ListGroupsForUser", self.one_post())

    def test_a_finding_of_guardduty_is_one_post(self):
        now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        finding = {
            "schemaVersion": "2.0", "accountId": ACCOUNT, "region": REGION, "id": uuid.uuid4().hex,
            "type": "Recon:IAMUser/TorIPCaller", "severity": 8, "updatedAt": now,
            "title": f"Calls from Tor by {self.user}.",
            "resource": {"accessKeyDetails": {"userType": "IAMUser", "userName": self.user}},
            "service": {"serviceName": "guardduty", "count": 1, "archived": False, "eventLastSeen": now},
        }  # fmt: skip
        self.onto_bus(finding, "aws.guardduty", by="FindingRule", kind="GuardDuty Finding")
        self.assertIn("GuardDuty", self.one_post())

    def test_what_a_security_group_refuses_is_one_post_with_its_rule(self):
        now = int(time.time())
        # The default format names no instance: the address stands for the host.
        self.user = "10.0.1.20"
        line = f"2 {ACCOUNT} eni-0a1b2c3d {self.user} 10.0.9.131 {{}} 5432 6 1 44 {now - 50} {now} REJECT OK"
        self.into_log_group(*(line.format(40000 + port) for port in range(4)), group=FLOWS)
        self.assertIn("authorize-security-group-ingress", self.one_post())

    def test_flow_logs_in_a_bucket_of_other_logs_are_one_post(self):
        now = int(time.time())
        self.user = "10.0.1.21"
        line = f"2 {ACCOUNT} eni-0a1b2c3d {self.user} 10.0.9.132 {{}} 5432 6 1 44 {now - 50} {now} REJECT OK"
        header = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
        lines = [header, *(line.format(40000 + port) for port in range(4))]
        key = f"AWSLogs/{ACCOUNT}/vpcflowlogs/{REGION}/{uuid.uuid4()}.log.gz"
        self.into_log_bucket(key, gzip.compress("\n".join(lines).encode()))
        self.assertIn("authorize-security-group-ingress", self.one_post())

    def test_what_kubernetes_refuses_is_one_post_with_its_role(self):
        account = f"system:serviceaccount:shop:{self.user}"
        now = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())
        event = {
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": str(uuid.uuid4()),
            "stage": "ResponseComplete", "requestURI": "/api/v1/namespaces/shop/configmaps/prices", "verb": "get",
            "user": {"username": account, "groups": ["system:serviceaccounts"]}, "sourceIPs": ["10.0.1.20"],
            "objectRef": {"resource": "configmaps", "namespace": "shop", "name": "prices", "apiVersion": "v1"},
            "responseStatus": {
                "status": "Failure", "reason": "Forbidden", "code": 403,
                "message": f'configmaps "prices" is forbidden: User "{account}" cannot get resource "configmaps" '
                'in API group "" in the namespace "shop"',
            },
            "requestReceivedTimestamp": now, "stageTimestamp": now,
            "annotations": {"authorization.k8s.io/decision": "forbid"},
        }  # fmt: skip
        self.into_log_group(json.dumps(event), group=CLUSTER)
        self.assertIn("kubectl", self.one_post())

    def test_a_forged_event_on_the_bus_reaches_nobody(self):
        forged = f"{self.user}-forged"
        self.assertEqual(self.put("aws.iam", denied(forged)), 1, "a source of AWS is AWS's alone")
        self.assertEqual(self.put("evil.app", denied(forged)), 0)
        self.into_log_group(json.dumps(denied(self.user)))
        self.until(lambda: self.slack.about(self.user))
        time.sleep(5)
        self.assertEqual(self.slack.about(forged), [])

    def test_whoever_silences_the_alarms_is_told_by_the_chain(self):
        topic = self.outputs["AlarmTopic"]
        for call, parameters in (
            ("DeleteTopic", {"topicArn": topic}), ("Unsubscribe", {"subscriptionArn": f"{topic}:0a1b2c3d"}),
        ):  # fmt: skip
            with self.subTest(call):
                self.setUp()
                record = denied(self.user, call) | {
                    "eventSource": "sns.amazonaws.com", "requestParameters": parameters, "readOnly": False,
                    "errorCode": None, "errorMessage": None,
                }  # fmt: skip
                self.onto_bus(record, "aws.sns", by="AlarmPathRule")
                self.assertIn("The alarms of this chain were changed", self.one_post())

    def test_one_event_by_three_ways_is_one_post(self):
        record = denied(self.user)
        self.into_log_group(json.dumps(record))
        self.into_bucket(gzip.compress(json.dumps({"Records": [record]}).encode()))
        self.onto_bus(record)
        self.one_post(stays=15)

    def test_a_slack_that_is_ill_delays_and_loses_nothing(self):
        self.hurry("SlackQueue", 70)
        for answers in ([(429, 0)] * 2, [(500, 0)] * 2, [(500, 40)]):
            with self.subTest(answers):
                self.setUp()
                self.slack.answers = list(answers)
                self.into_log_group(json.dumps(denied(self.user)))
                self.one_post(seconds=240)

    def test_what_slack_refuses_is_a_dead_letter_at_once_and_comes_back(self):
        before = self.waiting("SlackDeadLetters")
        # Once more after the secret was read again.
        self.slack.answers = [(404, 0, "no_service")] * 2
        self.into_log_group(json.dumps(denied(self.user)))
        self.until(lambda: self.waiting("SlackDeadLetters") == before + 1)
        queue = {"QueueUrl": self.outputs["SlackDeadLetters"]}
        received = self.sqs.receive_message(**queue, MessageAttributeNames=["All"])["Messages"]
        letter = next(each for each in received if self.user in each["Body"])
        self.assertEqual(letter["MessageAttributes"]["Reason"]["StringValue"], "Slack said no_service")
        # As `aware redrive` does it.
        self.sqs.send_message(QueueUrl=self.outputs["SlackQueue"], MessageBody=letter["Body"])
        self.sqs.delete_message(**queue, ReceiptHandle=letter["ReceiptHandle"])
        self.one_post()

    def test_junk_in_slacks_place_delays_and_loses_nothing(self):
        self.hurry("SlackQueue", 20)
        before = self.waiting("SlackDeadLetters")
        self.slack.answers = [(200, 0, "<html>Log in</html>"), (302, 0), (403, 0), (404, 0), (407, 0)]
        self.into_log_group(json.dumps(denied(self.user)))
        self.one_post(seconds=240)
        self.assertEqual(self.slack.asked_about(self.user), 6)
        self.assertEqual(self.waiting("SlackDeadLetters"), before)

    def test_a_poisoned_object_ends_in_the_dead_letter_queue(self):
        before = self.waiting("SourceDeadLetters")
        self.hurry("SourceQueue", 1)
        self.into_bucket(b"\x1f\x8b\x08 this is no gzip")
        self.until(lambda: self.waiting("SourceDeadLetters") == before + 1, 120)
        self.until(lambda: self.slack.about("A log could not be read"))
        self.into_bucket(gzip.compress(json.dumps({"Records": [denied(self.user)]}).encode()))
        self.one_post()

    def test_the_trail_is_looked_at(self):
        # It was stopped before the stack stood.
        self.until(lambda: self.slack.about("it does not log"), 120)

    def test_a_canary_comes_back_and_troubles_nobody(self):
        # The role may not; but the emulator gives what it denies no request id to remember.
        self.until(lambda: self.logged("SourceLogs", "because no identity-based policy allows the dynamodb:ListTables"), 120)
        request, now = str(uuid.uuid4()), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        table, name = self.aws.client("dynamodb"), self.outputs["Table"]
        key = {"pk": {"S": "note#canary"}, "sk": {"S": "-"}}
        calls = json.dumps([{"request": request, "at": now}])
        table.put_item(TableName=name, Item=key | {"value": {"S": calls}, "version": {"N": "1"}})
        record = denied(self.user, "ListTables") | {
            "eventSource": "dynamodb.amazonaws.com", "requestID": request,
        }  # fmt: skip
        self.into_log_group(json.dumps(record))
        self.until(lambda: self.logged("SlackLogs", '"CanariesReceived":1'))
        self.assertEqual(table.get_item(TableName=name, Key=key)["Item"]["value"]["S"], "[]")
        self.assertEqual(self.slack.about("ListTables"), [])

    def test_nobody_else_publishes(self):
        # Not even the account's root, unless its account is named.
        with self.assertRaisesRegex(Exception, "not authorized to perform: sns:Publish"):
            self.aws.client("sns").publish(TopicArn=self.resources["SNSTopic"], Message="forged")

    def logged(self, group, text):
        pages = self.logs.get_paginator("filter_log_events").paginate(logGroupName=self.resources[group])
        return any(text in event["message"] for page in pages for event in page["events"])

    def hurry(self, queue, seconds):
        """Lets what failed come back sooner than after six times the function's time."""
        self.sqs.set_queue_attributes(
            QueueUrl=self.outputs[queue], Attributes={"VisibilityTimeout": str(seconds)}
        )


if __name__ == "__main__":
    unittest.main()
