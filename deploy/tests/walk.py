"""Ways through a template that is read as dictionaries and lists."""

FUNCTION = "AWS::Lambda::Function"
MAPPING = "AWS::Lambda::EventSourceMapping"
QUEUE = "AWS::SQS::Queue"


def of(template, *kinds):
    """Resources of these types, by name, with their properties."""
    for name, resource in template["Resources"].items():
        if resource["Type"] in kinds:
            yield name, resource["Properties"]


def plain(value):
    """Every string in a value, whatever stands around it."""
    if isinstance(value, dict):
        return [text for each in value.values() for text in plain(each)]
    if isinstance(value, list):
        return [text for each in value for text in plain(each)]
    return [value] if isinstance(value, str) else []


def refers(value, name):
    """Whether a value speaks of a resource or parameter."""
    if isinstance(value, dict):
        if value.get("Ref") == name or value.get("Fn::GetAtt", [None])[0] == name:
            return True
        if "Fn::Sub" in value and any(f"${{{name}{end}" in text for text in plain(value) for end in "}."):
            return True
        return any(refers(each, name) for each in value.values())
    return isinstance(value, list) and any(refers(each, name) for each in value)


def listed(value):
    return value if isinstance(value, list) else [value]
