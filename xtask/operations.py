"""Derives the table of API operations that `crates/iam/tests/operations` replays.

    pip install botocore==1.44.8
    python3 xtask/operations.py crates/iam/tests/operations/operations.jsonl.gz

One line of JSON for each service: how its calls appear in a log, and for each operation the tree of
its input. Kept are names, nesting, which members are required, and what a string is: `s` any string,
`a` one whose pattern is that of an ARN, `=X` one of a list that X begins. A `!` before it marks a
required member. Numbers, flags, times and bytes name no resource and are left, and so is what lies
deeper than DEPTH.
"""

import gzip
import json
import sys

import botocore
from botocore.loaders import Loader

DEPTH = 5


def node(model, name, depth, above):
    shape = model["shapes"][name]
    kind = shape["type"]
    if kind == "string":
        values = shape.get("enum")
        if values:
            return "=" + values[0]
        return "a" if shape.get("pattern", "").lstrip("^(").startswith("arn") else "s"
    if depth == 0 or name in above:
        return None
    above = above | {name}
    if kind == "structure":
        required = shape.get("required", [])
        members = {}
        for member, target in shape["members"].items():
            inner = node(model, target["shape"], depth - 1, above)
            if inner is not None:
                members[("!" if member in required else "") + member] = inner
        return members or None
    if kind == "list":
        inner = node(model, shape["member"]["shape"], depth - 1, above)
        return None if inner is None else [inner]
    if kind == "map":
        inner = node(model, shape["value"]["shape"], depth - 1, above)
        return {"*": inner}
    return None


def service(loader, name):
    model = loader.load_service_model(name, "service-2")
    about = model["metadata"]
    operations = {}
    for operation, entry in sorted(model["operations"].items()):
        given = entry.get("input")
        operations[operation] = (given and node(model, given["shape"], DEPTH, frozenset())) or {}
    prefix = about.get("endpointPrefix", name)
    return {"service": name, "endpoint": prefix, "signing": about.get("signingName") or prefix, "operations": operations}


def main():
    loader = Loader()
    lines = [json.dumps({"botocore": botocore.__version__})]
    for name in loader.list_available_services("service-2"):
        lines.append(json.dumps(service(loader, name), separators=(",", ":")))
    with open(sys.argv[1], "wb") as out, gzip.GzipFile("", "wb", 9, out, mtime=0) as packed:
        packed.write(("\n".join(lines) + "\n").encode())


if __name__ == "__main__":
    main()
