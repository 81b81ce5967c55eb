"""What the tests of the whole chain stand on: an emulated AWS, a Slack, the functions, denied calls."""

import os
import sys
import tempfile
import time
import unittest
import uuid
from pathlib import Path

from templates import PATH

from .emulated import ACCOUNT, Emulated
from .slack import Slack

ZIPS = {"source.zip": "AWARE_SOURCE_ZIP", "destination.zip": "AWARE_DESTINATION_ZIP"}
LOG_GROUP = "CloudTrail/DefaultLogGroup"


def skip_without(what, *variables):
    """For setUpModule: these name the program and the zips."""
    if missing := [name for name in variables if not os.environ.get(name)]:
        said = f"{what} not tried: {' and '.join(missing)} not given"
        print(f"skipped: {said}", file=sys.stderr)
        raise unittest.SkipTest(said)


def denied(user, action="ListGroupsForUser"):
    """A denied call by a user of its own, so that nothing is grouped with it."""
    arn = f"arn:aws:iam::{ACCOUNT}:user/{user}"
    return {
        "eventVersion": "1.09",
        "userIdentity": {
            "type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": arn,
            "accountId": ACCOUNT, "userName": user,
        },
        "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "eventSource": "iam.amazonaws.com",
        "eventName": action,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "203.0.113.7",
        "userAgent": "aws-cli/2.17.0",
        "errorCode": "AccessDenied",
        "errorMessage": f"User: {arn} is not authorized to perform: iam:{action} on resource: "
        f"user {user} because no identity-based policy allows the iam:{action} action",
        "requestParameters": {"userName": user},
        "responseElements": None,
        "requestID": str(uuid.uuid4()),
        "eventID": str(uuid.uuid4()),
        "readOnly": True,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    }  # fmt: skip


# Where the emulator's policies are not AWS's: `aws:PrincipalArn` is the session there, not its role;
# and `PublishBatch` is an action of its own.
DIFFERENT = {
    "aws:PrincipalArn: !GetAtt SourceRole.Arn": (
        'aws:PrincipalArn: !Sub "arn:aws:sts::${AWS::AccountId}:assumed-role/${SourceRole}/*"'
    ),
    "Action: sns:Publish\n": "Action: [sns:Publish, sns:PublishBatch]\n",
}


def template():
    text = PATH.read_text()
    for ours, theirs in DIFFERENT.items():
        assert ours in text, f"the template has no longer {ours}"
        text = text.replace(ours, theirs)
    return text


class Stage(unittest.TestCase):
    # Whether the emulated AWS enforces policies.
    policies = True

    @classmethod
    def setUpClass(cls):
        cls.log = tempfile.NamedTemporaryFile("w+", prefix="aware-test-", suffix=".log")
        cls.addClassCleanup(cls.log.close)
        cls.slack = Slack()
        cls.addClassCleanup(cls.slack.stop)
        cls.aws = Emulated(cls.log, cls.policies)
        cls.addClassCleanup(cls.aws.stop)
        cls.zips = {key: Path(os.environ[name]) for key, name in ZIPS.items()}

    def emulator_says(self):
        return Path(self.log.name).read_text()[-4000:]

    def posts_about(self, text, at_least=1, seconds=60):
        """The posts about something, when there are as many or the time is over."""
        deadline = time.monotonic() + seconds
        while len(self.slack.about(text)) < at_least and time.monotonic() < deadline:
            time.sleep(0.1)
        return self.slack.about(text)
