"""What is kept, limited, encrypted and watched: each check returns what is wrong, as lines of text."""

import json

from .walk import FUNCTION, MAPPING, QUEUE, listed, of, refers


def failure_target(template, name):
    """Whether something that failed is put into this queue."""
    for each, resource in template["Resources"].items():
        text = resource["Properties"]
        holders = [text.get("RedrivePolicy"), text.get("DestinationConfig")]
        holders += [target.get("DeadLetterConfig") for target in listed(text.get("Targets", [])) if isinstance(target, dict)]
        if each != name and any(refers(holder, name) for holder in holders):
            return True
    return False


def dead_letters(template):
    """What fails is kept."""
    for name, properties in of(template, QUEUE):
        if "RedrivePolicy" not in properties and not failure_target(template, name):
            yield f"{name}: no dead-letter queue"
    for name, _ in of(template, FUNCTION):
        configs = [p for _, p in of(template, "AWS::Lambda::EventInvokeConfig") if refers(p["FunctionName"], name)]
        if not any("OnFailure" in p.get("DestinationConfig", {}) for p in configs):
            yield f"{name}: no on-failure destination"
    for name, properties in of(template, "AWS::SNS::Subscription"):
        if properties["Protocol"] != "email" and "RedrivePolicy" not in properties:
            yield f"{name}: no dead-letter queue"
    for name, properties in of(template, "AWS::Events::Rule"):
        for target in properties["Targets"]:
            if not refers(target["Arn"], "AlarmTopic") and "DeadLetterConfig" not in target:
                yield f"{name}: no dead-letter queue"


def batches(template):
    """One bad message does not hold up the others."""
    for name, properties in of(template, MAPPING):
        if properties.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            yield f"{name}: no partial batch responses"
        if "StartingPosition" in properties and "OnFailure" not in properties.get("DestinationConfig", {}):
            yield f"{name}: no on-failure destination"


def hidden(template):
    """A message stays hidden for six times as long as the function may take."""
    functions = dict(of(template, FUNCTION))
    queues = dict(of(template, QUEUE))
    for name, properties in of(template, MAPPING):
        timeout = functions[properties["FunctionName"]["Ref"]]["Timeout"]
        for queue, its in queues.items():
            if refers(properties["EventSourceArn"], queue) and its.get("VisibilityTimeout", 30) < 6 * timeout:
                yield f"{queue}: visible again too soon for {name}"


def retention(template):
    """Logs end; what failed is kept for two weeks."""
    groups = dict(of(template, "AWS::Logs::LogGroup"))
    for name, properties in groups.items():
        if "RetentionInDays" not in properties:
            yield f"{name}: no retention"
    for name, properties in of(template, FUNCTION):
        if not any(refers(properties.get("LoggingConfig"), group) for group in groups):
            yield f"{name}: logs into a group that is not of the template"
    for name, properties in of(template, QUEUE):
        if "RedrivePolicy" not in properties and properties.get("MessageRetentionPeriod") != 1209600:
            yield f"{name}: does not keep for two weeks"


def concurrency(template):
    """What runs at once has a limit."""
    for name, properties in of(template, FUNCTION):
        if not properties.get("ReservedConcurrentExecutions"):
            yield f"{name}: no reserved concurrency"
    for name, properties in of(template, MAPPING):
        if "StartingPosition" not in properties and "MaximumConcurrency" not in properties.get("ScalingConfig", {}):
            yield f"{name}: no maximum concurrency"


def encryption(template):
    """What lies somewhere is encrypted."""
    topics = dict(of(template, "AWS::SNS::Topic"))
    for name, properties in topics.items():
        if "KmsMasterKeyId" not in properties:
            yield f"{name}: not encrypted"
    keys = {name: json.dumps(properties.get("KmsMasterKeyId")) for name, properties in topics.items()}
    if keys.pop("AlarmTopic") in keys.values():
        yield "the alarm topic has no key of its own"
    for name, properties in of(template, QUEUE):
        managed = {"Fn::If": ["HasKey", {"Ref": "AWS::NoValue"}, True]}
        if properties.get("SqsManagedSseEnabled") not in (True, managed):
            yield f"{name}: not encrypted"
    for name, properties in of(template, "AWS::KMS::Key"):
        if properties.get("EnableKeyRotation") is not True:
            yield f"{name}: does not rotate"
    for name, properties in of(template, "AWS::DynamoDB::Table"):
        if not properties.get("SSESpecification", {}).get("SSEEnabled"):
            yield f"{name}: not encrypted"
        if not properties.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled"):
            yield f"{name}: no point-in-time recovery"


def control_tower(template):
    """What Control Tower's proactive controls for queues and keys ask for.

    Source: AWS Control Tower, "Proactive controls": CT.SQS.PR.1, CT.SQS.PR.2, CT.KMS.PR.1, CT.KMS.PR.3.
    """
    for name, properties in of(template, QUEUE):
        allowed = properties.get("RedriveAllowPolicy", {}).get("redrivePermission")
        target = properties.get("RedrivePolicy", {}).get("deadLetterTargetArn")
        if allowed not in ("allowAll", "byQueue") and not target:
            yield f"{name}: CT.SQS.PR.1: no dead-letter queue"
        if not ("SqsManagedSseEnabled" in properties or "KmsMasterKeyId" in properties):
            yield f"{name}: CT.SQS.PR.2: not encrypted"
    conditions = {"BoolIfExists": {"kms:GrantIsForAWSResource": "false", "aws:PrincipalIsAWSService": "false"}}
    denial = {"Effect": "Deny", "Principal": "*", "Action": "kms:CreateGrant", "Resource": "*", "Condition": conditions}
    for name, properties in of(template, "AWS::KMS::Key"):
        if properties.get("EnableKeyRotation") is not True:
            yield f"{name}: CT.KMS.PR.1: does not rotate"
        said = [{key: value for key, value in each.items() if key != "Sid"} for each in properties["KeyPolicy"]["Statement"]]
        if denial not in said:
            yield f"{name}: CT.KMS.PR.3: grants are not for services alone"


def alarmed(template, metric, name):
    alarms = [properties for _, properties in of(template, "AWS::CloudWatch::Alarm")]
    return any(p["MetricName"] == metric and refers(p.get("Dimensions", []), name) for p in alarms)


def alarms(template):
    """Everything that can fail has an alarm, and every alarm tells somebody."""
    wanted = []
    for name, properties in of(template, QUEUE):
        wanted.append((name, "ApproximateNumberOfMessagesVisible"))
    for name, _ in of(template, FUNCTION):
        wanted += [(name, metric) for metric in ("Errors", "Throttles", "DestinationDeliveryFailures")]
    for _, properties in of(template, MAPPING):
        if "StartingPosition" in properties:
            wanted.append((properties["FunctionName"]["Ref"], "IteratorAge"))
    wanted += [(name, "DeliveryErrors") for name, _ in of(template, "AWS::Logs::SubscriptionFilter")]
    wanted.append(("SNSTopic", "NumberOfNotificationsFailed"))
    yield from (f"{name}: no alarm on {metric}" for name, metric in wanted if not alarmed(template, metric, name))
    for name, properties in of(template, "AWS::CloudWatch::Alarm"):
        told = [{"Ref": "AlarmTopic"}]
        if properties.get("AlarmActions") != told:
            yield f"{name}: tells nobody"
        silent = properties["MetricName"] in ("Heartbeats", "CanariesReceived")
        if silent and properties["TreatMissingData"] == "breaching":
            yield f"{name}: rings after every first deployment"
        if silent and not (properties["TreatMissingData"] == "missing" and properties.get("InsufficientDataActions") == told):
            yield f"{name}: is content with silence"
        if properties["MetricName"] == "ApproximateAgeOfOldestMessage":
            yield f"{name}: rings when one message is tried again"
    watched = {p["MetricName"] for _, p in of(template, "AWS::CloudWatch::Alarm")}
    for metric, what in {"Heartbeats": "missing heartbeats", "CanariesReceived": "missing canaries", "TrailProblems": "the trail", "Overdue": "messages that Slack does not take"}.items():
        if metric not in watched:
            yield f"no alarm on {what}"


def parameters(template):
    """Every parameter is used and described."""
    used = {key: value for key, value in template.items() if key != "Parameters"}
    for name, parameter in template["Parameters"].items():
        if not refers(used, name):
            yield f"{name}: not used"
        if not parameter.get("Description"):
            yield f"{name}: not described"


CHECKS = [
    dead_letters,
    batches,
    hidden,
    retention,
    concurrency,
    encryption,
    control_tower,
    alarms,
    parameters,
]
