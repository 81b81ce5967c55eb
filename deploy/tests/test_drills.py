"""A link that is dead is called dead: each is broken on an emulated AWS, and `aware status` says so and exits with 1.

Skipped unless AWARE_PROGRAM names the program, and AWARE_SOURCE_ZIP and AWARE_DESTINATION_ZIP the zips.
"""

import datetime
import json
import os
import subprocess
import unittest

from templates import PATH

from .emulated import ACCOUNT, REGION, Stack
from .stage import LOG_GROUP, ZIPS, Stage, skip_without

BUCKET = "trail"
TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/all"
EMAIL = "security@example.com"


def setUpModule():
    skip_without("the drills are", "AWARE_PROGRAM", *ZIPS.values())


class Drills(Stage):
    # Root breaks things here, and nobody's role is tried.
    policies = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        names = "logs s3 sqs sns events lambda kms secretsmanager dynamodb cloudtrail".split()
        for name in names:
            setattr(cls, {"lambda": "lambdas"}.get(name, name), cls.aws.client(name))
        cls.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        cls.logs.create_log_group(logGroupName=LOG_GROUP)
        group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{LOG_GROUP}:*"
        cls.cloudtrail.create_trail(
            Name="all", S3BucketName=BUCKET, IsMultiRegionTrail=True, CloudWatchLogsLogGroupArn=group,
            CloudWatchLogsRoleArn=f"arn:aws:iam::{ACCOUNT}:role/trail",
        )  # fmt: skip
        cls.cloudtrail.start_logging(Name="all")
        parameters = {
            "CloudTrailCloudWatchLogsGroupName": LOG_GROUP, "TrailBucket": BUCKET, "TrailArn": TRAIL,
            "SlackWebhookURL": "https://hooks.slack.com/services/T0/B0/x", "AlarmEmail": EMAIL,
        }  # fmt: skip
        cls.stack = Stack(cls.aws, "aware", PATH.read_text(), cls.zips, parameters)
        cls.stack.change("CREATE")
        cls.outputs, cls.resources = cls.stack.outputs(), cls.stack.resources()
        # A stack that has run for a while.
        cls.note("last-tick", minutes=1)
        cls.note("last-event", minutes=1)

    @classmethod
    def note(cls, name, **ago):
        """Sets when something last happened."""
        then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(**ago)
        item = {
            "pk": {"S": f"note#{name}"}, "sk": {"S": "-"}, "version": {"N": "1"},
            "value": {"S": then.strftime("%Y-%m-%dT%H:%M:%SZ")},
        }  # fmt: skip
        cls.dynamodb.put_item(TableName=cls.outputs["Table"], Item=item)

    def status(self):
        settings = {
            "AWS_ENDPOINT_URL": self.aws.url, "AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true",
        }  # fmt: skip
        ran = subprocess.run(
            [os.environ["AWARE_PROGRAM"], "status"], env=os.environ | settings, capture_output=True, text=True, timeout=180
        )
        return ran.returncode, ran.stdout + ran.stderr

    def well(self):
        code, said = self.status()
        self.assertEqual((code, "BAD" in said), (0, False), said)
        return said

    def ill(self, pattern):
        """It is said to be so, and nothing else is."""
        code, said = self.status()
        self.assertEqual(code, 1, said)
        bad = [line for line in said.splitlines() if line.startswith("BAD")]
        self.assertTrue(bad, said)
        for line in bad:
            self.assertRegex(line, pattern)

    def drill(self, breaks, pattern, mends):
        breaks()
        try:
            self.ill(pattern)
        finally:
            mends()

    def test_all_is_well_before_and_after(self):
        said = self.well()
        for link in ("what all logs", "function SourceFunction", "mapping SlackQueueMapping", "rules that bring events",
                     "rules that watch the chain", "key AlarmKey", "secret SlackSecret", "subscription of Slack",
                     "alarm recipients", "last tick", "last event"):  # fmt: skip
            self.assertRegex(said, rf"(?m)^ok +{link}")

    def test_a_mapping_that_is_off(self):
        for name in ("SlackQueueMapping", "SourceQueueMapping"):
            with self.subTest(name):
                mapping = {"UUID": self.resources[name]}
                self.drill(
                    lambda: self.lambdas.update_event_source_mapping(**mapping, Enabled=False),
                    f"mapping {name} +is Disabl",
                    lambda: self.lambdas.update_event_source_mapping(**mapping, Enabled=True),
                )

    def test_a_rule_that_is_off(self):
        for name, link in (("TickRule", "rules that bring events"), ("WatchKeys", "rules that watch the chain")):
            with self.subTest(name):
                rule = {"Name": self.resources[name]}
                self.drill(
                    lambda: self.events.disable_rule(**rule),
                    f"{link} +{name} is off",
                    lambda: self.events.enable_rule(**rule),
                )

    def test_a_rule_without_targets(self):
        rule = self.resources["WatchTopics1"]
        targets = self.events.list_targets_by_rule(Rule=rule)["Targets"]
        self.drill(
            lambda: self.events.remove_targets(Rule=rule, Ids=[target["Id"] for target in targets]),
            "WatchTopics1 has no target",
            lambda: self.events.put_targets(Rule=rule, Targets=targets),
        )

    def test_a_concurrency_of_none(self):
        function = {"FunctionName": self.resources["SourceFunction"]}
        self.drill(
            lambda: self.lambdas.put_function_concurrency(**function, ReservedConcurrentExecutions=0),
            "function SourceFunction +its reserved concurrency is 0",
            lambda: self.lambdas.put_function_concurrency(**function, ReservedConcurrentExecutions=10),
        )

    def test_a_secret_that_is_gone(self):
        secret = {"SecretId": self.outputs["SlackSecret"]}
        self.drill(
            lambda: self.secretsmanager.delete_secret(**secret, RecoveryWindowInDays=7),
            "secret SlackSecret +is deleted",
            lambda: self.secretsmanager.restore_secret(**secret),
        )

    def test_a_key_that_is_off_or_about_to_go(self):
        key = {"KeyId": self.resources["AlarmKey"]}
        self.drill(lambda: self.kms.disable_key(**key), "key AlarmKey +is Disabled", lambda: self.kms.enable_key(**key))

        def mends():
            self.kms.cancel_key_deletion(**key)
            self.kms.enable_key(**key)

        self.drill(lambda: self.kms.schedule_key_deletion(**key), "key AlarmKey +is PendingDeletion", mends)

    def test_a_subscription_that_is_gone(self):
        topic, queue = self.outputs["SNSTopic"], self.outputs["SlackQueue"].rsplit("/", 1)[1]
        ours = [
            each for each in self.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
            if each["Endpoint"].endswith(f":{queue}")
        ]  # fmt: skip
        self.drill(
            lambda: [self.sns.unsubscribe(SubscriptionArn=each["SubscriptionArn"]) for each in ours],
            "subscription of Slack +is gone",
            lambda: self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=ours[0]["Endpoint"]),
        )

    def test_an_alarm_mail_that_is_gone(self):
        # One that is not confirmed cannot be had here: the emulator takes every address for confirmed.
        topic = self.outputs["AlarmTopic"]
        (ours,) = self.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        self.drill(
            lambda: self.sns.unsubscribe(SubscriptionArn=ours["SubscriptionArn"]),
            f"alarm recipients +{EMAIL} is no longer subscribed",
            lambda: self.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=EMAIL),
        )

    def test_a_filter_that_is_gone(self):
        (ours,) = self.logs.describe_subscription_filters(logGroupName=LOG_GROUP)["subscriptionFilters"]
        self.drill(
            lambda: self.logs.delete_subscription_filter(logGroupName=LOG_GROUP, filterName=ours["filterName"]),
            f"filter of {LOG_GROUP} +does not call the source",
            lambda: self.logs.put_subscription_filter(
                logGroupName=LOG_GROUP, filterName=ours["filterName"], filterPattern="", destinationArn=ours["destinationArn"]
            ),
        )

    def test_a_queue_that_waits(self):
        mapping = {"UUID": self.resources["SlackQueueMapping"]}
        queue = {"QueueUrl": self.outputs["SlackQueue"]}
        self.lambdas.update_event_source_mapping(**mapping, Enabled=False)
        self.sqs.send_message(**queue, MessageBody="{}")
        self.drill(
            lambda: None,
            "(messages for Slack +1 waiting, and no fewer|mapping SlackQueueMapping)",
            lambda: (self.sqs.purge_queue(**queue), self.lambdas.update_event_source_mapping(**mapping, Enabled=True)),
        )

    def test_a_last_event_of_weeks_ago(self):
        self.drill(lambda: self.note("last-event", days=21), "last event .*21 days ago", lambda: self.note("last-event", minutes=1))

    def test_a_last_tick_of_hours_ago(self):
        # Off, so that no tick comes meanwhile.
        rule = {"Name": self.resources["TickRule"]}
        self.events.disable_rule(**rule)
        self.note("last-tick", hours=3)
        code, said = self.status()
        self.note("last-tick", minutes=1)
        self.events.enable_rule(**rule)
        self.assertEqual(code, 1, said)
        self.assertRegex(said, r"(?m)^BAD +last tick .*3 h ago$")

    def test_a_trail_that_does_not_log(self):
        self.drill(
            lambda: self.cloudtrail.stop_logging(Name="all"), "trail all +it does not log",
            lambda: self.cloudtrail.start_logging(Name="all"),
        )  # fmt: skip

    def test_a_trail_that_is_blind(self):
        everything = {"ReadWriteType": "All", "IncludeManagementEvents": True}
        mends = lambda: self.cloudtrail.put_event_selectors(TrailName="all", EventSelectors=[everything])  # noqa: E731
        for selector, said in (
            ({"ReadWriteType": "WriteOnly"}, "it does not log read calls"),
            ({"IncludeManagementEvents": False}, "it does not log management events"),
        ):
            with self.subTest(said):
                self.drill(
                    lambda: self.cloudtrail.put_event_selectors(TrailName="all", EventSelectors=[everything | selector]),
                    f"what all logs +{said}", mends,
                )  # fmt: skip
        fields = [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}]
        self.drill(
            lambda: self.cloudtrail.put_event_selectors(
                TrailName="all", AdvancedEventSelectors=[{"Name": "data", "FieldSelectors": fields}]
            ),
            "what all logs +it does not log management events", mends,
        )  # fmt: skip
        self.drill(
            lambda: self.cloudtrail.update_trail(Name="all", IsMultiRegionTrail=False),
            "what all logs +it only logs the region eu-west-1",
            lambda: self.cloudtrail.update_trail(Name="all", IsMultiRegionTrail=True),
        )

    def test_dead_letters(self):
        queue = {"QueueUrl": self.outputs["SourceFailures"]}
        self.drill(
            lambda: self.sqs.send_message(**queue, MessageBody=json.dumps({"requestPayload": {"x": 1}})),
            "failed invocations +1 waiting",
            lambda: self.sqs.purge_queue(**queue),
        )


if __name__ == "__main__":
    unittest.main()
