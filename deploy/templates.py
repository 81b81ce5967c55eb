"""Reads the template: YAML with CloudFormation's short forms to plain dictionaries."""

import json
from functools import cache
from pathlib import Path

from cfnlint.decode.cfn_yaml import loads

FOLDER = Path(__file__).resolve().parent
PATH = FOLDER / "template.yaml"


def read(text=None):
    """The template, or another text, as plain dictionaries and lists."""
    return json.loads(plain(text if text is not None else PATH.read_text()))


@cache
def plain(text):
    """A template as JSON; reading YAML takes seconds."""
    return json.dumps(loads(text))
