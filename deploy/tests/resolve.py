"""What CloudFormation makes of a value when everything that can be there is there."""

ACCOUNT, REGION = "111122223333", "eu-west-1"
ARN = f"arn:aws:{{service}}:{REGION}:{ACCOUNT}:{{rest}}"

PARAMETERS = {
    "CloudTrailCloudWatchLogsGroupName": "CloudTrail/DefaultLogGroup",
    "TrailBucket": "trail",
    "TrailTopicArn": ARN.format(service="sns", rest="trail-notices"),
    "OtherTopicArn": ARN.format(service="sns", rest="old"),
    "KinesisStreamArn": ARN.format(service="kinesis", rest="stream/records"),
    "ConfigParameter": "/aware/config",
    "SecretName": "bot-token",
}

# How Ref answers for a type, with the name that CloudFormation gave the resource.
REFS = {
    "AWS::SNS::Topic": lambda name: ARN.format(service="sns", rest=name),
    "AWS::SQS::Queue": lambda name: f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}",
}


class Stack:
    """A stack of this name, made of a template."""

    def __init__(self, template, name="aware"):
        self.resources, self.name = template["Resources"], name
        self.id = ARN.format(service="cloudformation", rest=f"stack/{name}/0a1b2c3d-4e5f")

    def physical(self, logical):
        """The name that a resource gets: its own, or one with a random end, within 64 characters."""
        properties = self.resources[logical]["Properties"]
        if "Name" in properties:
            return self.resolve(properties["Name"])
        return f"{self.name[:24]}-{logical[:24]}-1A2B3C4D5E6F7"

    def ref(self, name):
        pseudo = {
            "AWS::AccountId": ACCOUNT,
            "AWS::Region": REGION,
            "AWS::StackName": self.name,
            "AWS::StackId": self.id,
        }
        if name in pseudo or name in PARAMETERS:
            return pseudo.get(name) or PARAMETERS[name]
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
        assert attribute in ("QueueName", "Id"), f"no answer for {name}.{attribute}"
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
