"""The policy of docs/deploying.md is enough to deploy, and no part of it is idle.

The commands are tried on an emulated AWS that enforces it: skipped unless AWARE_PROGRAM names the program, and
AWARE_SOURCE_ZIP and AWARE_DESTINATION_ZIP the zips.
"""

import copy
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from importlib.resources import files
from pathlib import Path

from templates import PATH, read

from .emulated import ACCOUNT, REGION
from .stage import LOG_GROUP, ZIPS, Stage
from .walk import plain

BUCKET = "history"
PAGE = PATH.parent.parent / "docs/deploying.md"

# Permissions that the schemas name for properties that the template does not set.
UNUSED = {
    "backups, replicas, imports and streams of a table": """
        dynamodb:AssociateTableReplica dynamodb:BatchWriteItem dynamodb:CreateTableReplica dynamodb:DeleteItem
        dynamodb:DeleteResourcePolicy dynamodb:DescribeImport dynamodb:DisableKinesisStreamingDestination
        dynamodb:EnableKinesisStreamingDestination dynamodb:GetItem dynamodb:ImportTable dynamodb:PutItem
        dynamodb:PutResourcePolicy dynamodb:Query dynamodb:Scan dynamodb:UpdateContributorInsights
        dynamodb:UpdateItem dynamodb:UpdateKinesisStreamingDestination iam:CreateServiceLinkedRole
        kinesis:DescribeStream kinesis:PutRecords logs:CreateLogStream logs:PutLogEvents s3:GetObjectMetadata""",
    "networks, file systems, layers, signing, versions of a function": """
        ec2:DescribeNetworkInterfaces ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs
        elasticfilesystem:DescribeMountTargets s3files:ListMountTargets lambda:AssociateRuntimeAlias
        lambda:DeleteFunctionCodeSigningConfig lambda:GetLayerVersion lambda:PassCapacityProvider
        lambda:PublishVersion lambda:PutFunctionCodeSigningConfig lambda:PutFunctionRecursionConfig
        lambda:PutFunctionScalingConfig lambda:PutRuntimeManagementConfig s3:GetObjectVersion""",
    "managed policies of a role": "iam:AttachRolePolicy iam:DetachRolePolicy",
    "keys of your own: the table of keys says who needs these": """
        kms:CreateGrant kms:Decrypt kms:Encrypt kms:GenerateDataKey kms:ListAliases kms:RevokeGrant""",
    "keys that are turned off": "kms:DisableKey kms:EnableKey",
    "deliveries, policies and protection of a log group": """
        firehose:TagDeliveryStream logs:CreateLogDelivery logs:DeleteDataProtectionPolicy logs:DeleteIndexPolicy
        logs:DeleteResourcePolicy logs:PutBearerTokenAuthentication logs:PutDataProtectionPolicy
        logs:PutIndexPolicy logs:PutLogGroupDeletionProtection logs:PutResourcePolicy s3:REST.PUT.OBJECT""",
    "generated and replicated secrets": """
        secretsmanager:GetRandomPassword secretsmanager:RemoveRegionsFromReplication
        secretsmanager:ReplicateSecretToRegions""",
    "data protection of a topic": "sns:PutDataProtectionPolicy",
}


def policy():
    """The page's policy, for the account, region and bucket of the tests."""
    text = re.search(r"```json\n(\{.*?\n\})\n```", PAGE.read_text(), re.DOTALL).group(1)
    for name, value in {"ACCOUNT": ACCOUNT, "REGION": REGION, "BUCKET": BUCKET}.items():
        text = re.sub(rf"\b{name}\b", value, text)
    return json.loads(text)


# Where the emulator's policies are not AWS's: a rule has its bus in its ARN there, or no ARN.
EMULATED = {
    "Sid": "Emulated", "Effect": "Allow", "Resource": "*",
    "Action": ["events:DescribeRule", "events:ListTargetsByRule"],
}  # fmt: skip


def schemas(kinds):
    """The schemas of resource types, as cfn-lint brings them."""
    for path in files("cfnlint").joinpath("data/schemas/resources").iterdir():
        if path.name.endswith(".json"):
            schema = json.loads(path.read_text())
            if schema.get("typeName") in kinds:
                yield schema


class Policy(unittest.TestCase):
    def test_it_holds_what_the_schemas_name(self):
        kinds = {each["Type"].replace("Serverless", "Lambda") for each in read()["Resources"].values()}
        known = {schema["typeName"]: schema["handlers"] for schema in schemas(kinds)}
        self.assertEqual(set(known), kinds)
        needed = {
            permission for handlers in known.values() for verb in ("create", "read", "update", "delete")
            for permission in handlers.get(verb, {}).get("permissions", [])
        }  # fmt: skip
        allowed = {action for each in policy()["Statement"] for action in plain(each["Action"])}
        unused = {permission for text in UNUSED.values() for permission in text.split()}
        self.assertEqual(needed - allowed - unused, set(), "a stack cannot be made without it")
        self.assertEqual(unused & allowed, set(), "allowed, and said to be unused")

    def test_a_star_is_only_where_aws_has_no_names(self):
        for each in policy()["Statement"]:
            self.assertEqual([action for action in plain(each["Action"]) if "*" in action], [])
            if each["Resource"] == "*":
                self.assertIn(each["Sid"], ("Look", "MakeWithoutNames"))

    def test_its_parts_fit_into_managed_policies(self):
        whole = policy()
        make = [each for each in whole["Statement"] if each["Sid"] == "Make"]
        rest = [each for each in whole["Statement"] if each["Sid"] != "Make"]
        for statements in (make, rest):
            text = json.dumps(whole | {"Statement": statements}, separators=(",", ":"))
            self.assertLessEqual(len(text), 6144)


@unittest.skipUnless(all(os.environ.get(name) for name in ("AWARE_PROGRAM", *ZIPS.values())), "program or zips not given")
class Deployer(Stage):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        for name, path in cls.zips.items():
            shutil.copy(path, cls.folder / name)
        cls.iam, cls.s3 = cls.aws.client("iam"), cls.aws.client("s3")
        cls.aws.client("logs").create_log_group(logGroupName=LOG_GROUP)
        cls.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})

    def person(self, name, document):
        """A user with this policy alone: the keys."""
        self.iam.create_user(UserName=name)
        for each in document["Statement"]:
            text = json.dumps(document | {"Statement": [each]})
            self.iam.put_user_policy(UserName=name, PolicyName=each["Sid"], PolicyDocument=text)
        return self.iam.create_access_key(UserName=name)["AccessKey"]

    def aware(self, keys, *arguments):
        settings = {
            "AWS_ENDPOINT_URL": self.aws.url, "AWS_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "HOOK": "https://hooks.slack.com/services/T0/B0/x",
        }  # fmt: skip
        ran = subprocess.run(
            [os.environ["AWARE_PROGRAM"], *arguments], env=os.environ | settings, capture_output=True, text=True, timeout=180
        )
        return ran.returncode, ran.stdout + ran.stderr

    def deploy(self, keys, *more):
        options = ["--log-group", LOG_GROUP, "--trail-bucket", BUCKET, "--slack-webhook", "env:HOOK"]
        return self.aware(keys, "deploy", "--zips", str(self.folder), *options, *more)

    def test_it_is_enough_for_every_command(self):
        whole = policy()
        keys = self.person("deployer", whole | {"Statement": [*whole["Statement"], EMULATED]})
        for said in (
            self.deploy(keys, "--dry-run"), self.deploy(keys, "--yes"),
            self.aware(keys, "redrive", "slack"), self.aware(keys, "backfill", f"s3://{BUCKET}/AWSLogs/"),
        ):  # fmt: skip
            self.assertEqual(said[0], 0, said[1])
        code, said = self.aware(keys, "status")
        self.assertIn(code, (0, 1), said)
        self.assertNotRegex(said, "AccessDenied|not authorized|Unauthorized")
        code, said = self.aware(keys, "destroy", "--yes")
        self.assertEqual(code, 0, said)

    def test_it_is_not_without_its_parts(self):
        whole = policy()
        for part in ("Stack", "Code", "Look"):
            with self.subTest(part):
                document = copy.deepcopy(whole)
                document["Statement"] = [each for each in whole["Statement"] if each["Sid"] != part]
                keys = self.person(f"without-{part.lower()}", document)
                code, said = self.deploy(keys, "--dry-run")
                self.assertEqual(code, 2, said)
                self.assertRegex(said, "AccessDenied|not authorized|may not access|may not look")


if __name__ == "__main__":
    unittest.main()
