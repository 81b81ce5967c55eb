"""Counts what a storm costs: 30,000 findings of 200 accounts, through the source function, into an emulated table.

    cargo build --release --package aware-lambda
    .venv/bin/python deploy/bench_storm.py target/release [findings [findings of one invocation [accounts]]]

A proxy before the emulated AWS counts DynamoDB's units by partition, as DynamoDB bills them: a write
for each KB, twice that in a transaction; a read for each 4 KB; a write of the index for each item in
it. Source: DynamoDB developer guide, "Read and write operations", "Transactions".
"""

import base64
import collections
import http.client
import http.server
import json
import math
import os
import re
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parent))
from bench import Function, log_group, world  # noqa: E402
from tests.emulated import Emulated  # noqa: E402

TICK = {"aware": "tick"}


def size_of(item):
    """The size of an item as DynamoDB counts it: names and values."""

    def value(attribute):
        ((kind, content),) = attribute.items()
        return len(base64.b64decode(content)) if kind == "B" else len(str(content).encode())

    return sum(len(name) + value(attribute) for name, attribute in item.items())


def writes(item, twice):
    """The units of the table and of its indexes."""
    own = math.ceil(size_of(item) / 1024) * (2 if twice else 1)
    return own + ("due_shard" in item) + (math.ceil(size_of(item) / 1024) if "state" in item else 0)


class Units:
    """Units and requests by partition and by what is called."""

    def __init__(self):
        self.written, self.read = collections.Counter(), collections.Counter()
        self.calls, self.lock = collections.Counter(), threading.Lock()

    def note(self, service, target, asked, answered):
        with self.lock:
            self.calls[target or service] += 1
            if target == "TransactWriteItems":
                for one in asked["TransactItems"]:
                    item = one["Put"]["Item"]
                    self.written[item["pk"]["S"]] += writes(item, True)
            elif target == "PutItem":
                self.written[asked["Item"]["pk"]["S"]] += writes(asked["Item"], False)
            elif target == "DeleteItem":
                self.written[asked["Key"]["pk"]["S"]] += 1
            elif target == "BatchGetItem":
                found = {item["pk"]["S"]: item for item in answered.get("Responses", {}).get("aware", [])}
                for key in asked["RequestItems"]["aware"]["Keys"]:
                    item = found.get(key["pk"]["S"])
                    self.read[key["pk"]["S"]] += math.ceil(size_of(item) / 4096) if item else 1
            elif target == "GetItem":
                item = answered.get("Item")
                self.read[asked["Key"]["pk"]["S"]] += math.ceil(size_of(item) / 4096) if item else 1
            elif target == "Query":
                name = next(value["S"] for value in asked["ExpressionAttributeValues"].values() if "S" in value)
                bytes_read = sum(size_of(item) for item in answered.get("Items", []))
                self.read[name] += max(1, math.ceil(bytes_read / 4096))

    def take(self):
        """What was counted since the last time."""
        with self.lock:
            taken = (self.written, self.read, self.calls)
            self.written, self.read, self.calls = (collections.Counter() for _ in range(3))
            return taken


def proxy(url, units):
    """Passes everything on to the emulated AWS, and counts it."""
    behind = urlsplit(url)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            connection = http.client.HTTPConnection(behind.hostname, behind.port, timeout=60)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
            target = self.headers.get("X-Amz-Target", "")
            if target.startswith("DynamoDB") and answer.status == 200:
                units.note("dynamodb", target.split(".")[1], json.loads(body), json.loads(content or b"{}"))
            else:
                units.note(f"other {answer.status}", "", {}, {})
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


def storm(findings, accounts):
    """A policy of the organization is rolled out: workloads in every account lack what they had; meanwhile one stolen
    key looks around."""
    calls = ["s3:GetObject", "sqs:SendMessage", "dynamodb:PutItem", "kms:Decrypt", "ssm:GetParameter"]
    begin = int(time.time()) - 600
    for n in range(findings):
        account = f"{100000000000 + n % accounts:012d}"
        stolen = n % 30 == 0
        service, name = ("ec2", f"DescribeThing{n % 900}") if stolen else calls[n // 7 % 5].split(":")
        role = f"app{n // accounts % 8}"
        arn = f"arn:aws:iam::{account}:user/ci" if stolen else f"arn:aws:sts::{account}:assumed-role/{role}/i-0{n % accounts:016x}"
        if stolen:
            arn = "arn:aws:iam::100000000000:user/ci"
            account = "100000000000"
        why = "with an explicit deny in a service control policy: arn:aws:organizations::100000000000:policy/o-abc/service_control_policy/p-1"
        if stolen:
            why = f"because no identity-based policy allows the {service}:{name} action"
        identity = {"arn": arn, "accountId": account, "accessKeyId": "AKIAEXAMPLESTOLEN001" if stolen else f"ASIAEXAMPLE{n % accounts:04d}{role}"}
        identity |= (
            {"type": "IAMUser", "userName": "ci"}
            if stolen
            else {
                "type": "AssumedRole", "principalId": f"AROAEXAMPLE:i-0{n % accounts:016x}",
                "sessionContext": {"sessionIssuer": {"type": "Role", "arn": f"arn:aws:iam::{account}:role/{role}", "userName": role}},
            }
        )  # fmt: skip
        yield {
            "eventVersion": "1.11", "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begin + n * 300 // findings)),
            "eventSource": f"{service}.amazonaws.com", "eventName": name, "awsRegion": "eu-west-1", "sourceIPAddress": "203.0.113.9" if stolen else "10.0.0.9",
            "userAgent": "aws-cli/2.17.1", "errorCode": "AccessDenied", "eventID": f"00000000-0000-4000-8000-{n:012d}", "eventType": "AwsApiCall",
            "errorMessage": f"User: {arn} is not authorized to perform: {service}:{name} on resource: arn:aws:{service}:eu-west-1:{account}:things {why}",
            "recipientAccountId": account, "eventCategory": "Management", "userIdentity": identity, "requestParameters": {"thing": f"t{n % 50}"},
        }  # fmt: skip


def report(title, taken, events):
    written, read, calls = taken
    hottest, units = (written.most_common(1) or [("-", 0)])[0]
    print(f"{title}: {sum(written.values()):,} write units ({sum(written.values()) / max(events, 1):.1f} for each), {sum(read.values()):,} read units ({sum(read.values()) / max(events, 1):.1f})")
    print(f"  requests: {dict(calls.most_common())}")
    kinds = collections.Counter()
    for key, count in written.items():
        kinds[re.match("case/[a-z]+|[a-z]+", key)[0]] += count
    print(f"  written by kind of key: {dict(kinds.most_common())}")
    print(f"  hottest partitions: {units} write units in {hottest[:60]}, {(read.most_common(1) or [('-', 0)])[0][1]} read units in {(read.most_common(1) or [('-', 0)])[0][0][:60]}")


def main():
    built = Path(sys.argv[1])
    findings, batch, accounts = [int(given) for given in sys.argv[2:5]] + [30_000, 500, 200][len(sys.argv) - 2 :]
    records = list(storm(findings, accounts))
    with tempfile.NamedTemporaryFile("w+") as log:
        aws = Emulated(log)
        try:
            units = Units()
            settings = dict(os.environ) | world(aws) | {"AWS_ENDPOINT_URL": proxy(aws.url, units)}
            function = Function(built / "source", settings)
            units.take()
            begun = time.monotonic()
            for start in range(0, findings, batch):
                function.invoke(log_group(records[start : start + batch]))
            spent = time.monotonic() - begun
            report(f"{findings:,} findings in {math.ceil(findings / batch)} invocations", units.take(), findings)
            print(f"  {spent:.0f} s with the emulated table, {function.peak():.0f} MB")
            for number in range(3):
                begun = time.monotonic()
                function.invoke(TICK)
                report(f"tick {number + 1}, {time.monotonic() - begun:.1f} s", units.take(), 1)
            function.stop()
        finally:
            aws.stop()


if __name__ == "__main__":
    main()
