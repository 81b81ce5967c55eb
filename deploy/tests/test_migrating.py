"""Moving over from a stack of 2017, by the commands of docs/migrating.md: no alert is lost on the way.

Skipped unless AWARE_PROGRAM names the program, and AWARE_SOURCE_ZIP and AWARE_DESTINATION_ZIP the zips.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import uuid
from pathlib import Path

from templates import PATH

from . import old_stack
from .emulated import ACCOUNT, REGION, Stack
from .slack import Slack
from .stage import ZIPS, Stage, denied, skip_without, template

DOCS = PATH.parent.parent / "docs"
HOOK = "https://hooks.slack.com/services/T0/B0/x"
CONSOLE = "https://console.aws.amazon.com/codepipeline/home?region=eu-west-1#/view/shop"


def setUpModule():
    skip_without("moving over is", "AWARE_PROGRAM", *ZIPS.values())


def commands(section, page="migrating.md"):
    """The commands of one section of a page, a block each."""
    _, rest = (DOCS / page).read_text().split(f"\n## {section}\n")
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```$", rest.split("\n## ")[0], re.MULTILINE | re.DOTALL)
    return [re.sub(r"^   ", "", block, flags=re.MULTILINE) for block in blocks]


class Over(Stage):
    """What both kinds of tests begin with: the old stack at work."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.logs, cls.sns, cls.sqs = map(cls.aws.client, ("logs", "sns", "sqs"))
        # Where the old stack's function posts.
        cls.old_slack = Slack()
        cls.addClassCleanup(cls.old_slack.stop)

    def old(self, name):
        """A log group, and the old stack that reads it."""
        self.group = f"CloudTrail/{name}"
        self.logs.create_log_group(logGroupName=self.group)
        self.logs.create_log_stream(logGroupName=self.group, logStreamName="trail")
        parameters = {
            "CloudTrailCloudWatchLogsGroupName": self.group,
            # The emulator knows terms alone.
            "CloudTrailCloudWatchLogsFilterPattern": "AccessDenied",
            "SlackWebhookURL": HOOK,
        }
        stack = Stack(self.aws, name, old_stack.template(self.old_slack.url), {}, parameters)
        stack.change("CREATE")
        return stack

    def post_to_the_test(self, outputs):
        """The webhook must be https; the test's Slack is not."""
        secret = {"SecretId": outputs["SlackSecret"], "SecretString": self.slack.url}
        self.aws.client("secretsmanager").put_secret_value(**secret)

    def counts(self, text, old, new):
        """How many posts about something come from the old stack and from the new one: so many."""
        deadline = time.monotonic() + 60
        found = lambda: (len(self.old_slack.about(text)), len(self.slack.about(text)))  # noqa: E731
        while found() != (old, new) and time.monotonic() < deadline:
            time.sleep(0.1)
        # And whether more come.
        time.sleep(3)
        self.assertEqual(found(), (old, new), self.emulator_says())

    def alert(self, old, new):
        """A call is denied now: so many posts of the old stack and of the new one tell it."""
        user = f"user-{uuid.uuid4().hex[:8]}"
        event = {"timestamp": int(time.time() * 1000), "message": json.dumps(denied(user))}
        self.logs.put_log_events(logGroupName=self.group, logStreamName="trail", logEvents=[event])
        self.counts(user, old, new)

    def tell(self, topic, old, new, **more):
        """The same of what a source of the owner's publishes in the old format."""
        text = f"Backup {uuid.uuid4().hex[:8]}"
        message = {"subject": text, "fields": [{"key": "Job", "value": text}], "metadata": {}, "tags": []}
        self.sns.publish(TopicArn=topic, Message=json.dumps(message | more))
        self.counts(text, old, new)


class WithPolicies(Over):
    """The stack put in place as CloudFormation does it, where policies count."""

    def new(self, name, kind, more):
        """The new stack, made or put into the place of the old one."""
        parameters = {"CloudTrailCloudWatchLogsGroupName": self.group, "SlackWebhookURL": HOOK}
        stack = Stack(self.aws, name, template(), self.zips, parameters | more)
        stack.change(kind)
        self.post_to_the_test(stack.outputs())
        return stack

    def test_in_place(self):
        old = self.old("place")
        self.alert(old=1, new=0)
        topic = old.outputs()["SNSTopicArn"]

        new = self.new("place", "UPDATE", {"PublisherAccounts": ACCOUNT})
        self.assertEqual(new.outputs()["SNSTopicArn"], topic, "the topic stays, and its output")
        filters = self.logs.describe_subscription_filters(logGroupName=self.group)["subscriptionFilters"]
        function = self.aws.client("lambda").get_function(FunctionName=new.outputs()["SourceFunction"])
        self.assertEqual([each["destinationArn"] for each in filters], [function["Configuration"]["FunctionArn"]])
        self.alert(old=0, new=1)
        self.tell(topic, old=0, new=1)
        self.new("place", "UPDATE", {"PublisherAccounts": ""})
        with self.assertRaisesRegex(Exception, "not authorized to perform: sns:Publish"):
            self.tell(topic, old=0, new=0)
        new.delete()

    def test_links_and_channels_of_a_publisher(self):
        self.old("pipelines")
        topic = self.sns.create_topic(Name="approvals")["TopicArn"]
        deploys = Slack()
        self.addCleanup(deploys.stop)
        secret = self.aws.client("secretsmanager").create_secret(
            Name="channels", SecretString=json.dumps({"deploys": deploys.url})
        )
        config = f"""
[destination.slack.channels]
"#deploys" = "{secret["ARN"]}:deploys"

[[destination.slack.publisher]]
topic  = "{topic}"
source = "CodePipeline: *"
hosts  = ["console.aws.amazon.com"]
"""
        new = self.new("linked", "CREATE", {"Config": config, "SecretName": "channels", "OtherTopicArn": topic})
        link = f"<{CONSOLE}|Approve/Reject>"
        message = {
            "subject": "Approval is required",
            "fields": [{"key": "Approval", "value": link}, {"key": "Also", "value": "<https://evil.example/|x>"}],
            "metadata": {"sourceName": "CodePipeline: shop"},
            "tags": [{"key": "slack-preferred-channel", "value": "#deploys"}],
        }
        self.sns.publish(TopicArn=topic, Message=json.dumps(message))
        # Whoever else publishes there names himself otherwise.
        self.sns.publish(TopicArn=topic, Message=json.dumps(message | {"metadata": {"sourceName": "Mallory"}}))
        deadline = time.monotonic() + 60
        while len(deploys.posts) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        posts = sorted(json.dumps(post) for post in deploys.posts)
        self.assertEqual([link in post for post in posts].count(True), 1, self.emulator_says())
        self.assertEqual(len(posts), 2)
        self.assertFalse([post for post in posts if "<https://evil" in post])
        self.assertEqual(self.slack.about("Approval is required"), [], "it went to its own channel")
        new.delete()


class ByTheCommands(Over):
    """The page's commands, word for word. `aware deploy` takes the template as it is, which the
    emulated policies do not understand."""

    policies = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        (cls.folder / "dist").mkdir()
        for name, path in cls.zips.items():
            shutil.copy(path, cls.folder / "dist" / name)
        (cls.folder / "aware").symlink_to(os.environ["AWARE_PROGRAM"])

    def begin(self, name):
        """Somebody's shell, with what he fills in."""
        self.state = self.folder / f"{name}.state"
        iam = self.aws.client("iam")
        trust = {"Version": "2012-10-17", "Statement": []}
        iam.create_role(RoleName=f"{name}-notifier", AssumeRolePolicyDocument=json.dumps(trust))
        self.queue = self.sqs.create_queue(QueueName=f"{name}-subscriber")["QueueUrl"]
        filled, *rest = commands("What both ways begin with")
        self.run_command(filled)
        mine = {
            "OLD": f"{name}-old", "NEW": f"{name}-new", "PUBLISHER": f"{name}-notifier",
            "SUBSCRIBER": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}-subscriber", "HOOK": HOOK, "SECOND": HOOK,
        }  # fmt: skip
        self.run_command("\n".join(f"{key}='{value}'" for key, value in mine.items()))
        for command in rest:
            self.run_command(command)

    def run_command(self, command):
        """In one shell after the other, each with what the one before it had set."""
        settings = {
            "AWS_ENDPOINT_URL": self.aws.url, "AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": "",
            "PATH": f"{self.folder}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        }  # fmt: skip
        self.state.touch()
        script = f"set -a\n. {self.state}\n{command}\nexport -p > {self.state}\ndeclare -f >> {self.state}\n"
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], cwd=self.folder, env=os.environ | settings,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        said = ran.stdout + ran.stderr
        self.assertEqual(ran.returncode, 0, f"{command}\n{said}")
        return said

    def outputs(self, stack):
        outputs = self.aws.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
        return {each["OutputKey"]: each["OutputValue"] for each in outputs}

    def received(self):
        """The kinds of messages that the subscriber got."""
        kinds = []
        while True:
            got = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            if not got.get("Messages"):
                return kinds
            for message in got["Messages"]:
                body = json.loads(json.loads(message["Body"])["Message"])
                kinds.append(body.get("kind", "version 1"))
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])

    def beats(self, stack):
        """Whether a sign of life goes through the chain, as far as the destination's own count."""
        tick = {"FunctionName": self.outputs(stack)["SourceFunction"], "Payload": json.dumps({"aware": "tick"})}
        self.aws.client("lambda").invoke(**tick)
        resource = {"StackName": stack, "LogicalResourceId": "SlackLogs"}
        told = self.aws.client("cloudformation").describe_stack_resource(**resource)
        group = {"logGroupName": told["StackResourceDetail"]["PhysicalResourceId"]}
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            pages = self.logs.get_paginator("filter_log_events").paginate(**group)
            if any('"Heartbeats":' in event["message"] for page in pages for event in page["events"]):
                return True
            time.sleep(0.5)
        return False

    def policy_of(self, name):
        policy = self.aws.client("iam").get_role_policy(RoleName=f"{name}-notifier", PolicyName="publish-to-aware")
        return json.dumps(policy["PolicyDocument"])

    def test_side_by_side(self):
        old = self.old("side-old")
        self.alert(old=1, new=0)
        self.begin("side")
        topic = old.outputs()["SNSTopicArn"]
        deploy, publishers, subscribers, switch = commands("Side by side (recommended)")

        self.run_command(deploy)
        self.post_to_the_test(self.outputs("side-new"))
        # By the old stack; by ours, and by ours what the old source says.
        self.alert(old=1, new=2)
        self.tell(topic, old=1, new=1)

        self.run_command(publishers)
        self.post_to_the_test(self.outputs("side-new"))
        new_topic = self.outputs("side-new")["SNSTopicArn"]
        self.assertIn(new_topic, self.policy_of("side"))
        self.tell(new_topic, old=0, new=1)

        self.run_command(subscribers)
        self.alert(old=1, new=2)
        self.assertTrue(self.beats("side-new"), self.emulator_says())
        kinds = self.received()
        self.assertIn("finding", kinds)
        self.assertNotIn("heartbeat", kinds)
        (choosy,) = commands("On the topic", "messages.md")
        self.run_command(f"TOPIC={new_topic}\n{choosy}")
        policies = [
            self.sns.get_subscription_attributes(SubscriptionArn=each["SubscriptionArn"])["Attributes"].get("FilterPolicy")
            for each in self.sns.list_subscriptions_by_topic(TopicArn=new_topic)["Subscriptions"]
            if each["SubscriptionArn"].startswith("arn:")
        ]
        self.assertIn({"kind": ["finding"], "severity": ["high", "critical"]}, [json.loads(it) for it in policies if it])

        self.run_command(switch)
        self.post_to_the_test(self.outputs("side-new"))
        self.alert(old=0, new=1)
        self.tell(new_topic, old=0, new=1)

    def test_in_place(self):
        old = self.old("place-old")
        self.begin("place")
        topic = old.outputs()["SNSTopicArn"]
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:place-subscriber")
        keep, look, go = commands("In place")
        self.run_command(keep)
        self.assertIn("EncryptedSlackWebhookURL", (self.folder / "place-old.template").read_text())
        said = self.run_command(look)
        self.assertRegex(said, r"Modify +SNSTopic +AWS::SNS::Topic\n")
        self.assertRegex(said, rf"NOTE SNSTopic accepts messages only from the stack's own source and from {ACCOUNT} once")
        self.alert(old=1, new=0)
        self.received()

        said = self.run_command(go)
        self.assertIn("NOTE SNSTopic accepts messages", said)
        outputs = self.outputs("place-old")
        self.assertEqual(outputs["SNSTopicArn"], topic)
        self.assertIn(topic, self.policy_of("place"))
        self.post_to_the_test(outputs)
        self.alert(old=0, new=1)
        self.tell(topic, old=0, new=1)
        self.assertTrue(self.beats("place-old"), self.emulator_says())
        kinds = self.received()
        self.assertLessEqual({"finding", "version 1"}, set(kinds), "subscribers stay")
        self.assertNotIn("heartbeat", kinds)


if __name__ == "__main__":
    unittest.main()
