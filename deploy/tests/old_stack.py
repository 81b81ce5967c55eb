"""A stack of 2017, written anew: Giftbit's logical ids, parameters, outputs and message shapes.

What it does is its contract: nine labels, a subject made of the first, name and icon in the metadata;
to Slack a line for each field, and no more. The functions are our own, in a language that still runs.
"""

import json

PATTERN = '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }'

SOURCE = """
import base64, boto3, gzip, json, os

LABELS = [
    ("Error Message", "errorMessage"), ("Event", "eventName"), ("Source", "eventSource"),
    ("Recipient Account ID", "recipientAccountId"), ("User Account ID", "userIdentity.accountId"),
    ("Username", "userIdentity.userName"), ("User ARN", "userIdentity.arn"),
    ("Source IP", "sourceIPAddress"), ("Request Parameters", "requestParameters"),
]
METADATA = {
    "sourceName": "Cloudtrail",
    "sourceIconUrl": "https://s3-us-west-2.amazonaws.com/giftbit-developer-static-resources/AWS-CloudTrail.png",
}

def value(record, path):
    for name in path.split("."):
        record = record.get(name) if record else None
    return record

def handler(event, context):
    sns = boto3.client("sns", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    body = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    for each in body["logEvents"]:
        record = json.loads(each["message"])
        fields = [{"key": label, "value": value(record, path)} for label, path in LABELS if value(record, path)]
        subject = f"{fields[0]['key']}: {fields[0]['value']}"
        message = {"subject": subject, "fields": fields, "metadata": METADATA, "tags": []}
        sns.publish(TopicArn=os.environ["SNS_TOPIC"], Message=json.dumps(message))
"""

SLACK = """
import json, os, urllib.request

def line(field):
    value = field.get("value")
    return f"{field['key']}: {value if isinstance(value, str) else json.dumps(value, indent=2)}"

def handler(event, context):
    message = json.loads(event["Records"][0]["Sns"]["Message"])
    body = {"username": message["metadata"].get("sourceName"), "color": "danger",
            "icon_url": message["metadata"].get("sourceIconUrl"),
            "text": "\\n".join(line(field) for field in message["fields"])}
    request = urllib.request.Request("HOOK", json.dumps(body).encode())
    urllib.request.urlopen(request)
"""

ENCRYPTION = """
import json, urllib.request

def handler(event, context):
    answer = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    answer |= {"Status": "SUCCESS", "PhysicalResourceId": "encrypted", "Data": {"CipherText": "AQID"}}
    request = urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), method="PUT")
    urllib.request.urlopen(request)
"""

TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  CloudTrailCloudWatchLogsGroupName: {Type: String, Default: CloudTrail/DefaultLogGroup}
  CloudTrailCloudWatchLogsFilterPattern: {Type: String, Default: '%(pattern)s'}
  SlackWebhookURL: {Type: String, NoEcho: true}
Conditions:
  CloudTrailConfigured: !Not [!Equals [!Ref CloudTrailCloudWatchLogsGroupName, ""]]
Resources:
  StackKey:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"}, Action: "kms:*", Resource: "*"}
  StackKeyAlias:
    Type: AWS::KMS::Alias
    Properties: {AliasName: !Sub "alias/${AWS::StackName}-Key", TargetKeyId: !GetAtt StackKey.Arn}
  EncryptionLambdaRole: %(role)s
  EncryptionLambdaRolePolicy:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: EncryptionLambda
      Roles: [!Ref EncryptionLambdaRole]
      PolicyDocument: {Statement: [{Effect: Allow, Action: "kms:Encrypt", Resource: !GetAtt StackKey.Arn}]}
  EncryptionLambda:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt EncryptionLambdaRole.Arn
      %(function)s
      Code: {ZipFile: %(encryption)s}
  EncryptedSlackWebhookURL:
    Type: AWS::CloudFormation::CustomResource
    DependsOn: EncryptionLambdaRolePolicy
    Properties: {ServiceToken: !GetAtt EncryptionLambda.Arn, KeyId: !GetAtt StackKey.Arn, PlainText: !Ref SlackWebhookURL}
  SNSTopic: {Type: AWS::SNS::Topic, Properties: {DisplayName: AWS Aware Notifications}}
  SourceCloudtrailCloudwatchLogsRole: %(role)s
  SourceCloudtrailCloudwatchLogsPolicy:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: source
      Roles: [!Ref SourceCloudtrailCloudwatchLogsRole]
      PolicyDocument: {Statement: [{Effect: Allow, Action: "sns:Publish", Resource: !Ref SNSTopic}]}
  SourceCloudtrailCloudwatchLogsLambda:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt SourceCloudtrailCloudwatchLogsRole.Arn
      %(function)s
      Environment: {Variables: {SNS_TOPIC: !Ref SNSTopic}}
      Code: {ZipFile: %(source)s}
  SourceCloudtrailCloudwatchLogsPermission:
    Type: AWS::Lambda::Permission
    Properties:
      Action: lambda:InvokeFunction
      FunctionName: !GetAtt SourceCloudtrailCloudwatchLogsLambda.Arn
      Principal: !Sub "logs.${AWS::Region}.amazonaws.com"
      SourceAccount: !Ref AWS::AccountId
  DestinationSlackRole: %(role)s
  DestinationSlackPolicy:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: slack
      Roles: [!Ref DestinationSlackRole]
      PolicyDocument: {Statement: [{Effect: Allow, Action: "kms:Decrypt", Resource: !GetAtt StackKey.Arn}]}
  DestinationSlackLambda:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt DestinationSlackRole.Arn
      %(function)s
      Environment: {Variables: {SLACK_WEBHOOK_URL: !GetAtt EncryptedSlackWebhookURL.CipherText}}
      Code: {ZipFile: %(slack)s}
  SNSTopicDestinationSlackLambdaInvokePermission:
    Type: AWS::Lambda::Permission
    Properties:
      Action: lambda:InvokeFunction
      FunctionName: !GetAtt DestinationSlackLambda.Arn
      Principal: sns.amazonaws.com
      SourceArn: !Ref SNSTopic
  DestinationSlackSNSSubscription:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref SNSTopic, Protocol: lambda, Endpoint: !GetAtt DestinationSlackLambda.Arn}
  CloudWatchLogsSubscriptionFilter:
    Type: AWS::Logs::SubscriptionFilter
    Condition: CloudTrailConfigured
    DependsOn: SourceCloudtrailCloudwatchLogsPermission
    Properties:
      DestinationArn: !GetAtt SourceCloudtrailCloudwatchLogsLambda.Arn
      FilterPattern: !Ref CloudTrailCloudWatchLogsFilterPattern
      LogGroupName: !Ref CloudTrailCloudWatchLogsGroupName
Outputs:
  SNSTopicArn: {Value: !Ref SNSTopic}
"""

ROLE = (
    '{Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: '
    "[{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]}}}"
)


def template(hook):
    """The template; its function posts to `hook`, whatever the parameter says: to a Slack of the test."""
    parts = {
        "pattern": PATTERN, "role": ROLE, "function": "Runtime: python3.11\n      Handler: index.handler",
        "source": json.dumps(SOURCE), "encryption": json.dumps(ENCRYPTION),
        "slack": json.dumps(SLACK.replace("HOOK", hook)),
    }  # fmt: skip
    text = TEMPLATE
    for name, part in parts.items():
        text = text.replace(f"%({name})s", part)
    return text
