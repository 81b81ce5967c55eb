"""Reads the template: YAML with CloudFormation's short forms to plain dictionaries."""

import json
from pathlib import Path

from cfnlint.decode.cfn_yaml import loads

FOLDER = Path(__file__).resolve().parent
PATH = FOLDER / "template.yaml"


def read(text=None):
    """The template, or another text, as plain dictionaries and lists."""
    return json.loads(json.dumps(loads(text if text is not None else PATH.read_text())))
