"""EventBridge's matching, as far as our rules use it."""

import fnmatch


def matches(pattern, event):
    """Whether an event is one that a pattern asks for."""
    for key, wanted in pattern.items():
        if key == "$or":
            if not any(matches(each, event) for each in wanted):
                return False
        elif isinstance(wanted, dict):
            if not isinstance(event.get(key), dict) or not matches(wanted, event[key]):
                return False
        elif not any(agrees(each, value) for each in wanted for value in values(event.get(key))):
            return False
    return True


def values(value):
    return value if isinstance(value, list) else [value]


def agrees(wanted, value):
    if not isinstance(wanted, dict):
        return wanted == value and isinstance(wanted, bool) == isinstance(value, bool)
    (kind, argument), = wanted.items()
    if not isinstance(value, str):
        return False
    if kind == "anything-but":
        return value not in argument
    if kind == "wildcard":
        return fnmatch.fnmatchcase(value, argument.replace("[", "[[]").replace("?", "[?]"))
    return {"prefix": value.startswith, "suffix": value.endswith}[kind](argument)
