"""Moving over from a stack of 2017, as docs/migrating.md says: no alert is lost on the way.

Skipped unless AWARE_SOURCE_ZIP and AWARE_DESTINATION_ZIP name the zips of the functions.
"""

import json
import time
import unittest
import uuid

from .emulated import ACCOUNT, Stack
from .stage import ZIPS, Stage, denied, skip_without, template

# In the shape of the old stack: the same parameters, logical names and export; one filter, a function
# that publishes what matches, another that posts what is published.
OLD = """
Parameters:
  CloudTrailCloudWatchLogsGroupName: {Type: String}
  CloudTrailCloudWatchLogsFilterPattern:
    Type: String
    Default: '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }'
  SlackWebhookURL: {Type: String, NoEcho: true}
Resources:
  SNSTopic: {Type: AWS::SNS::Topic, Properties: {DisplayName: AWS Aware Notifications}}
  OldRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: old
          PolicyDocument: {Statement: [{Effect: Allow, Action: "sns:Publish", Resource: !Ref SNSTopic}]}
  OldSource:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.11
      Handler: index.handler
      Role: !GetAtt OldRole.Arn
      Environment: {Variables: {TOPIC: !Ref SNSTopic}}
      Code:
        ZipFile: |
          import base64, boto3, gzip, json, os
          def handler(event, context):
              body = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
              for each in body["logEvents"]:
                  record = json.loads(each["message"])
                  message = {
                      "subject": "AWS Event: " + record["eventName"],
                      "fields": [{"key": "User", "value": record["userIdentity"]["arn"]}],
                      "metadata": {"source": {"name": "CloudTrail"}}, "tags": [],
                  }
                  sns = boto3.client("sns", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
                  sns.publish(TopicArn=os.environ["TOPIC"], Message=json.dumps(message))
  OldSlack:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.11
      Handler: index.handler
      Role: !GetAtt OldRole.Arn
      Environment: {Variables: {HOOK: !Ref SlackWebhookURL}}
      Code:
        ZipFile: |
          import json, os, urllib.request
          def handler(event, context):
              for record in event["Records"]:
                  body = json.dumps({"text": "old: " + record["Sns"]["Message"]}).encode()
                  urllib.request.urlopen(urllib.request.Request(os.environ["HOOK"], body))
  OldLogsPermission:
    Type: AWS::Lambda::Permission
    Properties: {Action: "lambda:InvokeFunction", FunctionName: !Ref OldSource, Principal: logs.amazonaws.com}
  OldTopicPermission:
    Type: AWS::Lambda::Permission
    Properties: {Action: "lambda:InvokeFunction", FunctionName: !Ref OldSlack, Principal: sns.amazonaws.com}
  OldSubscription:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref SNSTopic, Protocol: lambda, Endpoint: !GetAtt OldSlack.Arn}
  CloudWatchLogsSubscriptionFilter:
    Type: AWS::Logs::SubscriptionFilter
    Properties:
      DestinationArn: !GetAtt OldSource.Arn
      FilterPattern: !Ref CloudTrailCloudWatchLogsFilterPattern
      LogGroupName: !Ref CloudTrailCloudWatchLogsGroupName
Outputs:
  SNSTopic: {Value: !Ref SNSTopic, Export: {Name: !Sub "${AWS::StackName}-SNSTopic"}}
"""


def setUpModule():
    skip_without("moving over is", *ZIPS.values())


class Migrating(Stage):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.logs, cls.sns = cls.aws.client("logs"), cls.aws.client("sns")

    def old(self, name):
        """A log group, and the old stack that reads it."""
        self.group = f"CloudTrail/{name}"
        self.logs.create_log_group(logGroupName=self.group)
        self.logs.create_log_stream(logGroupName=self.group, logStreamName="trail")
        parameters = {
            "CloudTrailCloudWatchLogsGroupName": self.group,
            # The emulator knows terms alone.
            "CloudTrailCloudWatchLogsFilterPattern": "AccessDenied",
            "SlackWebhookURL": self.slack.url,
        }
        stack = Stack(self.aws, name, OLD, {}, parameters)
        stack.change("CREATE")
        return stack

    def new(self, name, kind, more):
        """The new stack, made or put into the place of the old one."""
        parameters = {
            "CloudTrailCloudWatchLogsGroupName": self.group,
            "SlackWebhookURL": "https://hooks.slack.com/services/T0/B0/x",
        }
        stack = Stack(self.aws, name, template(), self.zips, parameters | more)
        stack.change(kind)
        secret = {"SecretId": stack.outputs()["SlackSecret"], "SecretString": self.slack.url}
        self.aws.client("secretsmanager").put_secret_value(**secret)
        return stack

    def posts(self, text, at_least):
        self.posts_about(text, at_least)
        # And whether more come.
        time.sleep(3)
        return [json.dumps(post) for post in self.slack.about(text)]

    def alert(self, at_least=1):
        """The posts about a call that is denied now."""
        user = f"user-{uuid.uuid4().hex[:8]}"
        event = {"timestamp": int(time.time() * 1000), "message": json.dumps(denied(user))}
        self.logs.put_log_events(logGroupName=self.group, logStreamName="trail", logEvents=[event])
        posts = self.posts(user, at_least)
        self.assertGreaterEqual(len(posts), at_least, self.emulator_says())
        return posts

    def tell(self, topic):
        """The posts about what a source of the owner's publishes in the old format."""
        text = f"Backup {uuid.uuid4().hex[:8]}"
        message = {"subject": text, "fields": [{"key": "Job", "value": "7"}], "metadata": {}, "tags": []}
        self.sns.publish(TopicArn=topic, Message=json.dumps(message))
        return self.posts(text, 1)

    @staticmethod
    def ours(posts):
        return [post for post in posts if "old: " not in post]

    def test_side_by_side(self):
        old = self.old("beside")
        self.assertEqual(len(self.ours(self.alert())), 0, "only the old stack stands")
        topic = old.outputs()["SNSTopic"]

        new = self.new("new", "CREATE", {"OtherTopicArn": topic})
        # By the old stack, by ours, and by ours what the old source says.
        posts = self.alert(3)
        self.assertEqual((len(posts), len(self.ours(posts))), (3, 2), posts)
        self.assertEqual(len(self.ours(self.tell(topic))), 1, "the owner's own source")

        self.new("new", "UPDATE", {"OtherTopicArn": ""})
        posts = self.alert(2)
        self.assertEqual((len(posts), len(self.ours(posts))), (2, 1), posts)
        old.delete()
        posts = self.alert()
        self.assertEqual((len(posts), len(self.ours(posts))), (1, 1), posts)
        new.delete()

    def test_in_place(self):
        old = self.old("place")
        self.assertEqual(len(self.alert()), 1)
        topic = old.outputs()["SNSTopic"]

        new = self.new("place", "UPDATE", {"PublisherAccounts": ACCOUNT})
        self.assertEqual(new.outputs()["SNSTopic"], topic, "the topic stays")
        filters = self.logs.describe_subscription_filters(logGroupName=self.group)["subscriptionFilters"]
        self.assertEqual([each["destinationArn"] for each in filters], [
            self.aws.client("lambda").get_function(FunctionName=new.outputs()["SourceFunction"])
            ["Configuration"]["FunctionArn"]
        ])  # fmt: skip
        posts = self.alert()
        self.assertEqual((len(posts), len(self.ours(posts))), (1, 1), posts)
        self.assertEqual(len(self.ours(self.tell(topic))), 1, "the owner's own source")
        new.delete()


if __name__ == "__main__":
    unittest.main()
