"""`aware deploy`, `status`, `redrive`, `backfill` and `destroy`, against an emulated AWS.

Skipped unless AWARE_PROGRAM names the program, and AWARE_SOURCE_ZIP and AWARE_DESTINATION_ZIP the zips.
"""

import gzip
import json
import os
import platform
import pty
import shutil
import subprocess
import tempfile
import unittest
import uuid
import zipfile
from pathlib import Path

import boto3

from .emulated import ACCOUNT, REGION
from .stage import LOG_GROUP, ZIPS, Stage, denied, skip_without

BUCKET = "history"


def setUpModule():
    skip_without("the commands are", "AWARE_PROGRAM", *ZIPS.values())


class Commands(Stage):
    """One story: each test goes on where the one before it ended."""

    # `aware deploy` takes the template as it is, which the emulated policies do not understand.
    policies = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        for name, path in cls.zips.items():
            shutil.copy(path, cls.folder / name)
        cls.s3, cls.sqs, logs = map(cls.aws.client, ("s3", "sqs", "logs"))
        logs.create_log_group(logGroupName=LOG_GROUP)
        cls.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})

    def aware(self, *arguments, answers=None):
        """Its exit code and what it says; with answers, somebody sits at the terminal."""
        settings = {
            "AWS_ENDPOINT_URL": self.aws.url,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "HOOK": "https://hooks.slack.com/services/T0/B0/x",
        }
        person, terminal = pty.openpty() if answers else (None, subprocess.DEVNULL)
        if answers:
            os.write(person, answers.encode())
        ran = subprocess.run(
            [os.environ["AWARE_PROGRAM"], *arguments],
            env=os.environ | settings, stdin=terminal, capture_output=True, text=True, timeout=180,
        )  # fmt: skip
        if answers:
            os.close(person)
            os.close(terminal)
        return ran.returncode, ran.stdout + ran.stderr

    def well(self, *arguments):
        code, said = self.aware(*arguments)
        self.assertEqual(code, 0, said)
        self.assertNotIn("hooks.slack.com", said)
        return said

    def deploy(self, *more):
        options = ["--log-group", LOG_GROUP, "--trail-bucket", BUCKET, "--slack-webhook", "env:HOOK"]
        return ["deploy", "--zips", str(self.folder), *options, *more]

    def outputs(self):
        stacks = self.aws.client("cloudformation").describe_stacks(StackName="aware")["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stacks[0]["Outputs"]}

    def test_1_what_is_wrong_is_said_before_anything_is_made(self):
        code, said = self.aware("deploy", "--zips", str(self.folder), "--log-group", "no/such", "--parameter", "Colour=red", "--yes")
        self.assertEqual(code, 2, said)
        self.assertIn("no log group `no/such`", said)
        self.assertIn("no parameter `Colour`", said)
        code, said = self.aware("deploy", "--zips", "/nowhere", "--yes")
        self.assertEqual(code, 2, said)
        self.assertIn("source.zip is missing", said)
        # The default is looked at too.
        code, said = self.aware("deploy", "--zips", str(self.folder), "--aws-region", "us-west-2", "--yes")
        self.assertEqual(code, 2, said)
        self.assertIn(f"no log group `{LOG_GROUP}`", said)
        stream = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/records"
        for parameter, problem in [
            ("Config=[ruls]", "unknown key `ruls` at Config:1:2 (hint: did you mean `rules`?)"),
            ("Config=[[watch]]\nname = 'x'\npattern = '{ ($.a = '", "Config [[watch]] `x`:1:10: pattern ends"),
            ("ConfigParameter=/no/such", "ConfigParameter: there is no parameter /no/such"),
            (f"KinesisStreamArn={stream}", f"{stream} is not in {REGION}, where the stack is"),
            (f"OtherTopicArn=arn:aws:sns:{REGION}:{ACCOUNT}:gone", "OtherTopicArn: there is no topic"),
            (f"TrailArn=arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/gone", "TrailArn: there is no trail"),
        ]:
            with self.subTest(parameter):
                code, said = self.aware(*self.deploy("--parameter", parameter, "--yes"))
                self.assertEqual(code, 2, said)
                self.assertIn(problem, said)
        logs = self.aws.client("logs")
        logs.create_log_group(logGroupName="full")
        for name in ("one", "two"):
            function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
            logs.put_subscription_filter(logGroupName="full", filterName=name, filterPattern="", destinationArn=function)
        code, said = self.aware("deploy", "--zips", str(self.folder), "--log-group", "full", "--yes")
        self.assertEqual(code, 2, said)
        self.assertIn("has its 2 subscription filters: one, two", said)
        code, said = self.aware("status")
        self.assertEqual(code, 2, said)
        self.assertIn("there is no stack `aware`", said)

    def test_1_what_lambda_could_not_run_is_refused(self):
        folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        for program, said in ((b"#!/bin/sh\nexit 1\n", "is not a 64-bit ELF program"), (None, "is built for")):
            with self.subTest(said):
                for name, path in self.zips.items():
                    if program is None:
                        shutil.copy(path, folder / name)
                        continue
                    with zipfile.ZipFile(folder / name, "w") as code:
                        script = zipfile.ZipInfo("bootstrap")
                        script.external_attr = 0o755 << 16
                        code.writestr(script, program)
                other = "x86_64" if platform.machine() == "aarch64" else "arm64"
                code, told = self.aware(
                    "deploy", "--zips", str(folder), "--log-group", "", "--yes", "--parameter", f"Architecture={other}"
                )
                self.assertEqual(code, 2, told)
                self.assertEqual(told.count(said), 2, told)

    def test_1_what_the_account_cannot_give_is_said(self):
        self.aws.client("logs").create_log_group(logGroupName="rare", logGroupClass="INFREQUENT_ACCESS")
        concurrency = ["--parameter", "SourceConcurrency=100000"]
        code, said = self.aware("deploy", "--zips", str(self.folder), "--log-group", "rare", *concurrency, "--yes")
        self.assertEqual(code, 2, said)
        self.assertIn("log group `rare` has the class INFREQUENT_ACCESS, which does not support subscription filters", said)
        self.assertRegex(said, r"the account may run \d+ functions at once, .* reserves 100003")

    def test_1_the_bucket_of_somebody_else_is_not_used(self):
        """Whoever was first with the name gets neither template nor code."""
        region = "us-west-2"
        name = f"aware-code-{ACCOUNT}-{region}-an"
        thief = boto3.client(
            "s3", endpoint_url=self.aws.url, region_name=region, aws_access_key_id="999999999999", aws_secret_access_key="x"
        )
        thief.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
        code, said = self.aware("deploy", "--zips", str(self.folder), "--log-group", "", "--aws-region", region, "--yes")
        self.assertEqual(code, 2, said)
        self.assertIn(f"`{name}`", said)
        self.assertIn("--code-bucket", said)
        self.assertEqual(thief.list_objects_v2(Bucket=name).get("Contents", []), [])

    def test_1_the_log_group_is_that_of_the_trail_and_a_blind_trail_is_told(self):
        logs, trails = self.aws.client("logs"), self.aws.client("cloudtrail")
        logs.create_log_group(logGroupName="aws-cloudtrail-logs")
        self.s3.create_bucket(Bucket="blind", CreateBucketConfiguration={"LocationConstraint": REGION})
        trails.create_trail(Name="blind", S3BucketName="blind")
        self.addCleanup(trails.delete_trail, Name="blind")
        # The emulator remembers it from an update alone.
        trails.update_trail(
            Name="blind", CloudWatchLogsRoleArn=f"arn:aws:iam::{ACCOUNT}:role/trail",
            CloudWatchLogsLogGroupArn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:aws-cloudtrail-logs:*",
        )  # fmt: skip
        trails.put_event_selectors(TrailName="blind", EventSelectors=[{"ReadWriteType": "WriteOnly"}])
        tags = ["--tag", "team=security", "--alarm-email", "security@example.com"]
        said = self.well("deploy", "--stack", "found", "--zips", str(self.folder), "--dry-run", *tags)
        self.assertIn("trail/blind writes to the log group aws-cloudtrail-logs", said)
        self.assertRegex(said, "warning: blind spot of the trail: .*trail/blind: it does not log read calls")
        self.assertRegex(said, "warning: blind spot of the trail: .*trail/blind: it only logs the region eu-west-1")
        self.assertRegex(said, r"Add +AlarmEmailSubscription")

    def test_1_what_is_missing_is_asked_for(self):
        options = ["deploy", "--stack", "asked", "--zips", str(self.folder)]
        code, said = self.aware(*options, answers="\n\nenv:HOOK\n\nn\n")
        self.assertEqual(code, 0, said)
        for question in ("The log group that", "The bucket that", "Where to read Slack's webhook from", "The address for alarms", "changes. Continue? [y/N]"):
            self.assertIn(question, said)
        self.assertRegex(said, "Add +SlackFunction")
        self.assertIn("nothing was done", said)
        self.assertEqual(self.aware("status", "--stack", "asked")[0], 2)

    def test_2_a_dry_run_does_nothing(self):
        said = self.well(*self.deploy("--dry-run"))
        self.assertRegex(said, r"Add +SourceFunction +AWS::Lambda::Function")
        self.assertRegex(said, rf"ReadTrail +s3:GetObject\n +on arn:aws:s3:::{BUCKET}/AWSLogs/\*\n")
        self.assertRegex(said, r"NobodyElsePublishes +never sns:Publish\n +by \*\n +on SNSTopic\n +if ArnNotEquals")
        self.assertNotIn("ReadStream", said, "there is no stream")
        self.assertRegex(said, r"2.00  2 keys\n")
        self.assertRegex(said, r"0.28  from the bucket\n")
        self.assertNotIn("Fn::", said)
        self.assertIn("nothing was changed", said)
        self.assertEqual(self.aware("status")[0], 2)

    def test_3_it_is_deployed_and_again_nothing_changes(self):
        code, said = self.aware(*self.deploy())
        self.assertEqual(code, 2, said)
        self.assertIn("--yes", said)
        self.assertIn("SNSTopic", self.well(*self.deploy("--yes", "--tag", "team=security")))
        (stack,) = self.aws.client("cloudformation").describe_stacks(StackName="aware")["Stacks"]
        self.assertEqual(stack["Tags"], [{"Key": "team", "Value": "security"}])
        self.assertIn("nothing changes", self.well(*self.deploy("--yes")))
        self.assertIn("nothing changes", self.well("deploy", "--zips", str(self.folder), "--yes"))

    def test_4_status_shows_the_links(self):
        secrets = self.aws.client("secretsmanager")
        secrets.put_secret_value(SecretId=self.outputs()["SlackSecret"], SecretString=self.slack.url)
        said = self.well("status")
        self.assertNotRegex(said, r"ok +last message", "a heartbeat is no message")
        for link in ("stack", f"filter of {LOG_GROUP}", "dead letters of Slack", "last event"):
            self.assertIn(link, said)

    def test_5_backfill_sends_history_through_the_functions(self):
        user = f"user-{uuid.uuid4().hex[:8]}"
        body = gzip.compress(json.dumps({"Records": [denied(user)]}).encode())
        self.s3.put_object(Bucket=BUCKET, Key="AWSLogs/1/a b.json.gz", Body=body)
        self.s3.put_object(Bucket=BUCKET, Key="AWSLogs/1/CloudTrail-Digest/x.json.gz", Body=b"")
        self.assertIn("1 objects queued, 1 skipped", self.well("backfill", f"s3://{BUCKET}/AWSLogs/", "--since", "1d"))
        self.assertEqual(len(self.posts_about(user)), 1)
        after = self.well("backfill", f"s3://{BUCKET}/AWSLogs/", "--after", "AWSLogs/1/CloudTrail-Digest/x.json.gz")
        self.assertIn("1 objects queued, 0 skipped", after)
        said = self.well("status")
        self.assertRegex(said, r"ok +last event +20")
        self.assertRegex(said, r"ok +last message +20")

    def test_6_dead_letters_go_back_and_arrive(self):
        outputs = self.outputs()
        message = {"subject": "From the dead letters", "fields": [], "metadata": {}, "tags": []}
        body = {"Type": "Notification", "MessageId": "1", "TopicArn": outputs["SNSTopic"], "Message": json.dumps(message)}
        self.sqs.send_message(QueueUrl=outputs["SlackDeadLetters"], MessageBody=json.dumps(body))
        code, said = self.aware("status")
        self.assertEqual(code, 1, said)
        self.assertRegex(said, r"BAD +dead letters of Slack +1 waiting")
        self.assertIn("1 dead letters are back", self.well("redrive", "slack"))
        self.assertEqual(len(self.posts_about("From the dead letters")), 1)
        self.well("status")

        user = f"user-{uuid.uuid4().hex[:8]}"
        call = {"source": "aws.iam", "detail-type": "AWS API Call via CloudTrail", "detail": denied(user)}
        failed = {"version": "1.0", "requestPayload": call}
        for body in (failed, {"aware": "tick"}, {"KinesisBatchInfo": {"shardId": "1"}}):
            self.sqs.send_message(QueueUrl=outputs["SourceFailures"], MessageBody=json.dumps(body))
        said = self.well("redrive", "failures")
        self.assertIn("1 dead letters are back", said)
        self.assertIn("1 were ticks", said)
        self.assertIn("1 only name a position in a stream", said)
        self.assertEqual(len(self.posts_about(user)), 1)

    def test_7_it_is_destroyed(self):
        self.assertIn("the stack is deleted", self.well("destroy", "--yes"))
        self.assertIn("there is no stack", self.well("destroy", "--yes"))


if __name__ == "__main__":
    unittest.main()
