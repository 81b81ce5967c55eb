"""The value that CloudFormation computes when every optional resource and parameter is present."""

ACCOUNT, REGION = "111122223333", "eu-west-1"
UUID = "0a1b2c3d-4e5f-11f0-8a9b-0c1d2e3f4a5b"
ARN = f"arn:aws:{{service}}:{REGION}:{ACCOUNT}:{{rest}}"

PARAMETERS = {
    "CloudTrailCloudWatchLogsGroupName": "CloudTrail/DefaultLogGroup",
    "FlowLogGroupName": "flows",
    "EksLogGroupName": "/aws/eks/main/cluster",
    "TrailBucket": "trail",
    "TrailTopicArn": ARN.format(service="sns", rest="trail-notices"),
    "OtherTopicArn": ARN.format(service="sns", rest="old"),
    "TrailBucketKeyArn": ARN.format(service="kms", rest="key/11111111-aaaa-4bbb-8ccc-222222222222"),
    "LogBucket": "other-logs",
    "LogPrefix": "AWSLogs/",
    "LogBucketKeyArn": ARN.format(service="kms", rest="key/33333333-aaaa-4bbb-8ccc-444444444444"),
    "KinesisKeyArn": ARN.format(service="kms", rest="key/33333333-aaaa-4bbb-8ccc-222222222222"),
    "SecretsKeyArn": ARN.format(service="kms", rest="key/55555555-aaaa-4bbb-8ccc-222222222222"),
    "KeyArn": ARN.format(service="kms", rest="key/77777777-aaaa-4bbb-8ccc-222222222222"),
    "AlarmKeyArn": ARN.format(service="kms", rest="key/88888888-aaaa-4bbb-8ccc-222222222222"),
    "PermissionsBoundaryArn": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
    "KinesisStreamArn": ARN.format(service="kinesis", rest="stream/records"),
    "ConfigParameter": "/aware/config",
    "SecretName": "bot-token",
}

# The longest values that AWS accepts.
LONGEST = {
    "KeyArn": ARN.format(service="kms", rest="key/mrk-" + "3" * 32),
    "AlarmKeyArn": ARN.format(service="kms", rest="key/mrk-" + "4" * 32),
    "PermissionsBoundaryArn": f"arn:aws:iam::{ACCOUNT}:policy/" + "p" * 640,
    "CloudTrailCloudWatchLogsGroupName": "g" * 512,
    "FlowLogGroupName": "f" * 512,
    "EksLogGroupName": "e" * 512,
    "TrailBucket": "b" * 63,
    "TrailTopicArn": ARN.format(service="sns", rest="t" * 256),
    "OtherTopicArn": ARN.format(service="sns", rest="o" * 256),
    "TrailBucketKeyArn": ARN.format(service="kms", rest="key/mrk-" + "0" * 32),
    "LogBucket": "l" * 63,
    "LogBucketKeyArn": ARN.format(service="kms", rest="key/mrk-" + "1" * 32),
    "KinesisStreamArn": ARN.format(service="kinesis", rest="stream/" + "s" * 128),
    "KinesisKeyArn": ARN.format(service="kms", rest="key/mrk-" + "1" * 32),
    "SecretsKeyArn": ARN.format(service="kms", rest="key/mrk-" + "2" * 32),
    "ConfigParameter": "/" + "p" * 1010,
    "SecretName": "n" * 505,
}

# The maximum length of names, by type; 255 for all others.
LIMITS = {
    "AWS::Serverless::Function": 64,
    "AWS::Events::Rule": 64,
    "AWS::IAM::Role": 64,
    "AWS::SQS::Queue": 80,
}

# What Ref returns for a type, given the name that CloudFormation gave the resource.
REFS = {
    "AWS::SNS::Topic": lambda name: ARN.format(service="sns", rest=name),
    "AWS::SQS::Queue": lambda name: f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}",
}


class Stack:
    """A stack with this name, made from a template with these parameter values."""

    def __init__(self, template, name="aware", parameters=PARAMETERS):
        self.resources, self.name, self.parameters = template["Resources"], name, parameters
        self.id = ARN.format(service="cloudformation", rest=f"stack/{name}/{UUID}")

    def physical(self, logical):
        """The name of a resource: its own, or one with a random suffix, cut to the length that AWS accepts."""
        resource = self.resources[logical]
        properties, kind = resource["Properties"], resource["Type"]
        for key in ("Name", "AlarmName"):
            if key in properties:
                return self.resolve(properties[key])
        if kind in ("AWS::KMS::Key", "AWS::Lambda::EventSourceMapping"):
            return UUID
        most = LIMITS.get(kind, 255)
        name = f"{self.name}-{logical}"
        return f"{name[: most - 14]}-1A2B3C4D5E6F7"

    def ref(self, name):
        pseudo = {
            "AWS::AccountId": ACCOUNT,
            "AWS::Region": REGION,
            "AWS::StackName": self.name,
            "AWS::StackId": self.id,
        }
        if name in pseudo or name in self.parameters:
            return pseudo.get(name) or self.parameters[name]
        named = REFS.get(self.resources[name]["Type"], lambda physical: physical)
        return named(self.physical(name))

    def resolve(self, value):
        if isinstance(value, list):
            return [self.resolve(each) for each in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (key, argument), = value.items()
            if key == "Ref":
                return self.ref(argument)
            if key.startswith("Fn::"):
                return getattr(self, key[4:].lower())(argument)
        return {key: self.resolve(each) for key, each in value.items()}

    def getatt(self, argument):
        name, attribute = argument
        assert attribute in ("QueueName", "TopicName", "Id"), f"no answer for {name}.{attribute}"
        return self.physical(name)

    def sub(self, argument):
        text, extra = argument if isinstance(argument, list) else (argument, {})
        extra = {key: self.resolve(each) for key, each in extra.items()}
        head, *rest = text.split("${")
        for each in rest:
            name, tail = each.split("}", 1)
            head += (extra.get(name) or self.named(name)) + tail
        return head

    def named(self, name):
        known = name in self.resources or "." not in name
        return self.ref(name) if known else self.getatt(name.split("."))

    def select(self, argument):
        index, values = argument
        return self.resolve(values)[index]

    def split(self, argument):
        separator, text = argument
        return self.resolve(text).split(separator)

    def __getattr__(self, name):
        if name == "if":
            return lambda argument: self.resolve(argument[1])
        raise AttributeError(name)
