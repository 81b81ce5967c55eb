"""The template keeps to the checks, and each check finds what it is for."""

import copy
import unittest

from cfnlint.api import lint

from templates import PATH, read

from . import permits, upkeep
from .sam import translate

CHECKS = permits.CHECKS + upkeep.CHECKS


def lints(text):
    """What cfn-lint says, as lines."""
    return [str(each) for each in lint(text, regions=["us-east-1"])]


def problems(template):
    return [f"{check.__name__}: {problem}" for check in CHECKS for problem in check(template)]


def properties(template, name):
    return template["Resources"][name]["Properties"]


def patterned(template):
    """Rules that ask for events by a pattern, as (name, properties)."""
    for name, each in template["Resources"].items():
        if each["Type"] == "AWS::Events::Rule" and "EventPattern" in each["Properties"]:
            yield name, each["Properties"]


def statement(template, role, sid):
    for policy in properties(template, role)["Policies"]:
        for each in policy["PolicyDocument"]["Statement"]:
            if each.get("Sid") == sid:
                return each
    raise KeyError(sid)


def put(*path):
    """A change: sets the last of the path in the properties of the first."""
    *keys, value = path

    def change(template):
        place = properties(template, keys[0])
        for key in keys[1:-1]:
            place = place[key]
        place[keys[-1]] = value

    return change


def drop(name, *keys):
    """A change: takes a property away, or the whole resource."""

    def change(template):
        if not keys:
            del template["Resources"][name]
            return
        place = properties(template, name)
        for key in keys[:-1]:
            place = place[key]
        del place[keys[-1]]

    return change


def say(role, sid, key, value):
    """A change: another value in a statement of a role."""
    return lambda template: statement(template, role, sid).update({key: value})


def first(policy, **values):
    """A change: other values in the first statement of a policy."""
    return lambda template: properties(template, policy)["PolicyDocument"]["Statement"][0].update(values)


def parameter(name, **values):
    return lambda template: template["Parameters"].setdefault(name, {"Type": "String"}).update(values)


# What is broken: (the change, what is said about it).
BROKEN = [
    (say("SourceRole", "Tell", "Action", "sns:*"), "stars: SourceRole, Tell: a star among the actions"),
    (say("SourceRole", "Tell", "Action", ["sns:Publish", "*"]), "stars: SourceRole, Tell: a star among the actions"),
    (say("SourceRole", "Tell", "Resource", "*"), "stars: SourceRole, Tell: a star among the resources"),
    (say("SlackRole", "Remember", "Resource", {"Fn::Sub": "arn:${AWS::Partition}:dynamodb:*"}), "stars: SlackRole, Remember: a star among the resources"),
    (say("SourceRole", "Tell", "Action", "dynamodb:ListTables"), "canary: SourceRole, Tell: the canary would be allowed"),
    (say("SourceRole", "Tell", "NotAction", "sns:Publish"), "stars: SourceRole, Tell: has a NotAction"),
    (first("TopicPolicy", Principal="*"), "stars: TopicPolicy, OurSourcePublishes: lets everybody in"),
    (put("SourceRole", "ManagedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"]), "stars: SourceRole: has a managed policy"),
    (drop("SlackQueuePolicy", "PolicyDocument", "Statement", 0, "Condition"), "strangers: SlackQueuePolicy, TopicDelivers: lets a service in without a condition"),
    (drop("TickPermission", "SourceArn"), "strangers: TickPermission: lets a service in without a condition"),
    (drop("TopicPolicy", "PolicyDocument", "Statement", 2), "publishers: SNSTopic: anybody in the account may publish"),
    (drop("SlackQueue", "RedrivePolicy"), "dead_letters: SlackQueue: no dead-letter queue"),
    (drop("SourceQueue", "RedrivePolicy"), "dead_letters: SourceQueue: no dead-letter queue"),
    (drop("SourceInvocations"), "dead_letters: SourceFunction: no on-failure destination"),
    (drop("SlackInvocations", "DestinationConfig"), "dead_letters: SlackFunction: no on-failure destination"),
    (drop("SlackSubscription", "RedrivePolicy"), "dead_letters: SlackSubscription: no dead-letter queue"),
    (drop("TickRule", "Targets", 0, "DeadLetterConfig"), "dead_letters: TickRule: no dead-letter queue"),
    (drop("SlackQueueMapping", "FunctionResponseTypes"), "batches: SlackQueueMapping: no partial batch responses"),
    (drop("StreamMapping", "DestinationConfig"), "batches: StreamMapping: no on-failure destination"),
    (put("SlackFunction", "Timeout", 120), "hidden: SlackQueue: visible again too soon for SlackQueueMapping"),
    (drop("SourceLogs", "RetentionInDays"), "retention: SourceLogs: no retention"),
    (drop("SlackFunction", "LoggingConfig"), "retention: SlackFunction: logs into a group that is not of the template"),
    (put("SlackDeadLetters", "MessageRetentionPeriod", 345600), "retention: SlackDeadLetters: does not keep for two weeks"),
    (drop("SourceFunction", "ReservedConcurrentExecutions"), "concurrency: SourceFunction: no reserved concurrency"),
    (drop("SlackQueueMapping", "ScalingConfig"), "concurrency: SlackQueueMapping: no maximum concurrency"),
    (drop("SNSTopic", "KmsMasterKeyId"), "encryption: SNSTopic: not encrypted"),
    (put("AlarmTopic", "KmsMasterKeyId", {"Fn::If": ["HasKey", {"Ref": "KeyArn"}, {"Fn::GetAtt": ["TopicKey", "Arn"]}]}), "encryption: the alarm topic has no key of its own"),
    (put("SlackQueue", "SqsManagedSseEnabled", False), "encryption: SlackQueue: not encrypted"),
    (drop("TopicKey", "EnableKeyRotation"), "encryption: TopicKey: does not rotate"),
    (drop("SlackDeadLetters", "RedriveAllowPolicy"), "control_tower: SlackDeadLetters: CT.SQS.PR.1: no dead-letter queue"),
    (drop("AlarmKey", "KeyPolicy", "Statement", 1), "control_tower: AlarmKey: CT.KMS.PR.3: grants are not for services alone"),
    (drop("TopicKey", "EnableKeyRotation"), "control_tower: TopicKey: CT.KMS.PR.1: does not rotate"),
    (say("SlackRole", "Remember", "Condition", {}), "narrowed: SlackRole, Remember: dynamodb:PutItem without dynamodb:LeadingKeys"),
    (say("SourceRole", "EncryptWhatIsTold", "Condition", {}), "narrowed: SourceRole, EncryptWhatIsTold: kms:Decrypt without kms:ViaService"),
    (lambda template: next(each for _, each in permits.statements(template) if each.get("Sid") == "ReadTrail").pop("Condition"), "narrowed: SourceRole, ReadTrail: s3:GetObject without aws:ResourceAccount"),
    (say("SourceRole", "Tell", "Action", ["sns:Publish", "sns:Subscribe"]), "called: SourceRole: may sns:Subscribe, which nobody calls"),
    (say("SlackRole", "TakeMessages", "Action", ["sqs:ReceiveMessage"]), "called: SlackRole: may not sqs:DeleteMessage"),
    (drop("Table", "SSESpecification"), "encryption: Table: not encrypted"),
    (drop("Table", "PointInTimeRecoverySpecification"), "encryption: Table: no point-in-time recovery"),
    (drop("SlackDeadLettersAlarm"), "alarms: SlackDeadLetters: no alarm on ApproximateNumberOfMessagesVisible"),
    (drop("SlackQueueWaits"), "alarms: SlackQueue: no alarm on ApproximateNumberOfMessagesVisible"),
    (put("SourceQueueWaits", "MetricName", "ApproximateAgeOfOldestMessage"), "alarms: SourceQueueWaits: rings when one message is tried again"),
    (drop("SlackOverdue"), "alarms: no alarm on messages that Slack does not take"),
    (drop("SourceErrors"), "alarms: SourceFunction: no alarm on Errors"),
    (drop("SlackThrottles"), "alarms: SlackFunction: no alarm on Throttles"),
    (drop("SourceFailuresLost"), "alarms: SourceFunction: no alarm on DestinationDeliveryFailures"),
    (drop("StreamAge"), "alarms: SourceFunction: no alarm on IteratorAge"),
    (drop("LogGroupErrors"), "alarms: CloudWatchLogsSubscriptionFilter: no alarm on DeliveryErrors"),
    (drop("TopicFailures"), "alarms: SNSTopic: no alarm on NumberOfNotificationsFailed"),
    (drop("HeartbeatMissing"), "alarms: no alarm on missing heartbeats"),
    (drop("CanaryMissing"), "alarms: no alarm on missing canaries"),
    (drop("TrailIsIll"), "alarms: no alarm on the trail"),
    (put("HeartbeatMissing", "TreatMissingData", "breaching"), "alarms: HeartbeatMissing: rings after every first deployment"),
    (drop("CanaryMissing", "InsufficientDataActions"), "alarms: CanaryMissing: is content with silence"),
    (put("SourceErrors", "AlarmActions", [{"Ref": "SNSTopic"}]), "alarms: SourceErrors: tells nobody"),
    (parameter("Forgotten", Description="x"), "parameters: Forgotten: not used"),
    (parameter("AlarmEmail", Description=""), "parameters: AlarmEmail: not described"),
    (parameter("SlackWebhookURL", NoEcho=False), "secrets: SlackWebhookURL: shown by CloudFormation"),
    (put("SlackFunction", "Environment", "Variables", "URL", {"Ref": "SlackWebhookURL"}), "secrets: SlackFunction: holds SlackWebhookURL in the open"),
    (lambda template: template["Outputs"].update(URL={"Value": {"Ref": "SlackWebhookURL"}}), "secrets: an output shows SlackWebhookURL"),
]  # fmt: skip


class Template(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.translated = translate(read())

    def test_cfn_lint_is_content(self):
        self.assertEqual(lints(PATH.read_text()), [])

    def test_cfn_lint_finds_what_is_broken(self):
        queue = "Resources: {Queue: {Type: AWS::SQS::Queue, Properties: {%s}}}"
        self.assertNotEqual(lints(queue % "VisibilityTimeout: soon"), [])
        self.assertNotEqual(lints(queue % "Colour: red"), [])

    def test_cloudformation_takes_no_anchors(self):
        self.assertNotRegex(PATH.read_text(), r"(?m)[:-] [&*][a-z]")

    def test_cloudformation_gets_what_the_checks_ask_for(self):
        self.assertEqual(problems(self.translated), [])

    def test_the_transform_adds_no_role_or_policy(self):
        written, got = read()["Resources"], self.translated["Resources"]
        self.assertEqual(set(got), set(written))

    def test_every_check_finds_what_is_broken(self):
        for change, said in BROKEN:
            with self.subTest(said):
                template = copy.deepcopy(self.translated)
                change(template)
                found = problems(template)
                self.assertTrue(any(each.startswith(said) for each in found), f"{said!r} not in {found}")

    def test_every_check_is_tried(self):
        tried = {said.split(":")[0] for _, said in BROKEN}
        self.assertEqual(tried, {check.__name__ for check in CHECKS})

    def test_no_exception_is_kept_that_nobody_needs(self):
        for table in (permits.STARS, permits.UNCONDITIONAL):
            for exception in list(table):
                with self.subTest(exception):
                    reason = table.pop(exception)
                    self.addCleanup(table.__setitem__, exception, reason)
                    self.assertNotEqual(problems(self.translated), [])
                    table[exception] = reason

    def test_the_topic_is_exported_under_its_old_name(self):
        export = self.translated["Outputs"]["SNSTopic"]["Export"]["Name"]
        self.assertEqual(export, {"Fn::Sub": "${AWS::StackName}-SNSTopic"})

    def test_only_aws_speaks_for_aws(self):
        asked = [rule["EventPattern"] for _, rule in patterned(self.translated)]
        found = [one for each in asked for one in (each["Fn::If"][1:] if "Fn::If" in each else [each])]
        self.assertGreater(len(found), 5)
        for pattern in found:
            with self.subTest(pattern.get("detail-type")):
                sources = pattern["source"]
                known = [one["prefix"] if isinstance(one, dict) else one for one in sources]
                self.assertTrue(known and all(one.startswith("aws.") for one in known), sources)

    def test_every_parameter_stands_in_the_docs(self):
        page = (PATH.parent.parent / "docs/deploying.md").read_text()
        for name, parameter in self.translated["Parameters"].items():
            with self.subTest(name):
                default = str(parameter.get("Default", "")).replace("|", "\\|")
                row = f"| `{name}` | `{default}` | " if default else f"| `{name}` | | "
                self.assertIn(row + parameter["Description"], page)

    def test_the_old_parameters_have_their_old_defaults(self):
        old = {
            "CloudTrailCloudWatchLogsGroupName": "CloudTrail/DefaultLogGroup",
            "CloudTrailCloudWatchLogsFilterPattern": '{ ($.errorCode = "*UnauthorizedOperation")'
            ' || ($.errorCode = "AccessDenied*") }',
        }
        parameters = self.translated["Parameters"]
        self.assertEqual({name: parameters[name]["Default"] for name in old}, old)


if __name__ == "__main__":
    unittest.main()
