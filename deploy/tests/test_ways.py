"""Every way to put the stack together is deployed to an emulated AWS, changed by nothing, and deleted."""

import tempfile
import unittest
import zipfile
from pathlib import Path

from botocore.exceptions import ClientError

from templates import PATH

from .emulated import ACCOUNT, REGION, Emulated, Stack

OTHER = "222233334444"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:notices"
STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/records"
NO_LOGS = {"CloudTrailCloudWatchLogsGroupName": ""}
SLACK = {"SlackWebhookURL": "https://hooks.slack.com/services/T0/B0/x"}

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/"

WAYS = {
    "nothing": NO_LOGS,
    # As a stack set names its instances, at the longest.
    "StackSet-" + "n" * 82 + "-0a1b2c3d-4e5f-11f0-8a9b-0c1d2e3f4a5b": NO_LOGS | SLACK,
    "keys": NO_LOGS | SLACK
    | {
        "KeyArn": KEY + "a", "AlarmKeyArn": KEY + "b",
        "PermissionsBoundaryArn": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
    },
    "direct": NO_LOGS | SLACK | {"SlackWiring": "direct", "ReserveConcurrency": "false"},
    "topic": NO_LOGS | SLACK
    | {"TrailBucket": "trail", "TrailNotices": "sns", "TrailTopicArn": TOPIC, "OtherTopicArn": TOPIC},
    "bus": NO_LOGS | SLACK
    | {
        "TrailBucket": "trail", "TrailNotices": "eventbridge", "TrailBucketAccount": OTHER,
        "TrailBucketKeyArn": f"arn:aws:kms:{REGION}:{OTHER}:key/a", "ManagementEvents": "failed",
        "PublisherAccounts": f"{ACCOUNT},{OTHER}", "Config": "[rules]\nshipped = true",
    },
    "findings": NO_LOGS | {"ServiceFindings": "on"},
    "logs": NO_LOGS | SLACK
    | {
        "LogBucket": "other-logs", "LogPrefix": "AWSLogs/",
        "LogBucketKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/c",
    },
    "parameter": NO_LOGS
    | {
        "ConfigParameter": "/aware/config", "SecretName": "bot", "KinesisStreamArn": STREAM,
        "SecretsKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/b", "AlarmEmail": "security@example.com",
    },
}  # fmt: skip

REFUSED = [
    ({"SlackWebhookURL": "http://hooks.slack.com/x"}, "must begin with https://"),
    ({"TrailBucket": "s3://trail"}, "without s3://"),
    ({"LogBucket": "s3://logs"}, "without s3://"),
    ({"KeyArn": KEY + "a", "AlarmKeyArn": KEY + "a"}, "another key than KeyArn"),
]


class Ways(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.zips = {name: Path(folder.name, name) for name in ("source.zip", "destination.zip")}
        for path in cls.zips.values():
            with zipfile.ZipFile(path, "w") as code:
                code.writestr("bootstrap", "#!/bin/sh\nexit 1\n")
        cls.log = tempfile.TemporaryFile()
        cls.addClassCleanup(cls.log.close)
        cls.aws = Emulated(cls.log)
        cls.addClassCleanup(cls.aws.stop)
        cls.aws.client("sns").create_topic(Name="notices")
        cls.aws.client("kinesis").create_stream(StreamName="records", ShardCount=1)

    def stack(self, name, parameters):
        return Stack(self.aws, name, PATH.read_text(), self.zips, parameters)

    def left(self):
        """What stands in the account: that of nobody's stack is a topic."""
        return {
            "queues": self.aws.client("sqs").list_queues().get("QueueUrls", []),
            "topics": [each["TopicArn"] for each in self.aws.client("sns").list_topics()["Topics"]],
            "functions": self.aws.client("lambda").list_functions()["Functions"],
            "tables": self.aws.client("dynamodb").list_tables()["TableNames"],
            "rules": self.aws.client("events").list_rules()["Rules"],
            "roles": self.aws.client("iam").list_roles()["Roles"],
            "secrets": self.aws.client("secretsmanager").list_secrets()["SecretList"],
            "logs": self.aws.client("logs").describe_log_groups()["logGroups"],
        }

    def test_each_way_stands_is_not_changed_and_goes(self):
        before = self.left()
        for name, parameters in WAYS.items():
            with self.subTest(name):
                stack = self.stack(name, parameters)
                self.assertTrue(stack.change("CREATE"))
                self.assertFalse(stack.change("UPDATE"))
                stack.delete()
                self.assertEqual(self.left(), before)

    def test_what_is_wrong_is_said_before_anything_is_created(self):
        for number, (parameters, said) in enumerate(REFUSED):
            with self.subTest(said), self.assertRaisesRegex(ClientError, said):
                self.stack(f"refused-{number}", parameters).change("CREATE")


if __name__ == "__main__":
    unittest.main()
