"""Measures the functions: time to the first request, time to the first answer, throughput, size.

    cargo xtask functions            # the bootstraps as they are deployed
    cargo build --profile lambda --package aware-lambda --example minimal --target x86_64-unknown-linux-gnu
    .venv/bin/python deploy/bench.py target/x86_64-unknown-linux-gnu/lambda [AWSLogs folder]

A Lambda Runtime API on loopback hands out events; an emulated AWS replaces DynamoDB, SNS and S3.
`cargo xtask corpus` writes such a folder; its largest file goes into the bucket unchanged.
"""

import base64
import gzip
import http.server
import json
import os
import queue
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from tests.emulated import ACCOUNT, REGION, Emulated  # noqa: E402

STARTS = 20


class Runtime:
    """The part of the Lambda Runtime API that a function uses."""

    def __init__(self):
        self.events, self.answers, self.asked = queue.Queue(), queue.Queue(), queue.Queue()
        runtime = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                runtime.asked.put(time.monotonic())
                body = runtime.events.get()
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
                self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 300_000))
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:x")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                if "chunked" in self.headers.get("Transfer-Encoding", ""):
                    body = b""
                    while size := int(self.rfile.readline(), 16):
                        body += self.rfile.read(size)
                        self.rfile.readline()
                    self.rfile.readline()
                else:
                    body = self.rfile.read(int(self.headers["Content-Length"]))
                runtime.answers.put((time.monotonic(), self.path, body))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                """A stopped function leaves its connection open."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"127.0.0.1:{self.server.server_address[1]}"


class Function:
    """A running bootstrap, with the times of what it did."""

    def __init__(self, program, settings):
        self.runtime = Runtime()
        environment = {
            "AWS_LAMBDA_RUNTIME_API": self.runtime.address,
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_LOG_GROUP_NAME": "bench",
            "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
        }
        begun = time.monotonic()
        self.process = subprocess.Popen([program], env=settings | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.start = self.runtime.asked.get(timeout=30) - begun

    def invoke(self, event):
        begun = time.monotonic()
        self.runtime.events.put(json.dumps(event).encode())
        at, path, body = self.runtime.answers.get(timeout=120)
        if path.endswith("/error"):
            raise RuntimeError(body.decode())
        return at - begun

    def peak(self):
        """Peak memory in MB, as Linux counts it."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024

    def stop(self):
        self.process.kill()
        self.process.wait()


def world(aws):
    """The table, the topic and a bucket, and the environment that names them."""
    aws.client("dynamodb").create_table(
        TableName="aware",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            *({"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "state", "due_shard")),
            {"AttributeName": "due", "AttributeType": "N"},
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[{
            "IndexName": "by-state",
            "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "ALL"},
        }, {
            "IndexName": "by-due",
            "KeySchema": [{"AttributeName": "due_shard", "KeyType": "HASH"}, {"AttributeName": "due", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }],
    )  # fmt: skip
    topic = aws.client("sns").create_topic(Name="aware")["TopicArn"]
    aws.client("s3").create_bucket(Bucket="trail", CreateBucketConfiguration={"LocationConstraint": REGION})
    return {
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWARE_TABLE": "aware",
        "AWARE_TOPIC_ARN": topic,
        "AWARE_CONFIG": "",
    }


def quiet(records):
    """Records that no rule matches."""
    return [record for record in records if "errorCode" not in record]


def log_group(records):
    events = [{"id": str(n), "timestamp": 1, "message": json.dumps(record)} for n, record in enumerate(records)]
    body = {
        "messageType": "DATA_MESSAGE", "owner": ACCOUNT, "logGroup": "trail", "logStream": "s",
        "subscriptionFilters": ["aware"], "logEvents": events,
    }  # fmt: skip
    return {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(body).encode())).decode()}}


def notice(key):
    record = {
        "eventVersion": "2.1", "eventSource": "aws:s3", "eventTime": "2026-11-24T03:54:00.000Z",
        "eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "trail"}, "object": {"key": key}},
    }  # fmt: skip
    queued = {"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:x:1:q", "messageId": "1"}
    return {"Records": [queued | {"body": json.dumps({"Records": [record]})}]}


def starts(program, settings, event):
    """Medians of the time to the first request, and to the first answer, in milliseconds."""
    times = []
    for _ in range(STARTS):
        function = Function(program, settings)
        times.append((function.start * 1000, function.invoke(event) * 1000, function.peak()))
        function.stop()
    return [statistics.median(each) for each in zip(*times)]


def main():
    built = Path(sys.argv[1])
    logs = Path(sys.argv[2]) if len(sys.argv) > 2 else Path("target/bench-corpus/1000000")
    largest = max(logs.rglob("*.json.gz"), key=lambda path: path.stat().st_size)
    records = json.loads(gzip.decompress(largest.read_bytes()))["Records"]
    with tempfile.NamedTemporaryFile("w+") as log:
        aws = Emulated(log)
        try:
            settings = dict(os.environ) | world(aws)
            minimal = built / "examples/minimal"
            if minimal.exists():
                start, answer, peak = starts(minimal, settings, {})
                print(f"a function that does nothing: first question after {start:.1f} ms, first answer {answer:.1f} ms, {peak:.0f} MB")
            batch = log_group(quiet(records)[:500])
            start, answer, peak = starts(built / "source", settings, batch)
            print(f"source: first question after {start:.1f} ms, first answer {answer:.1f} ms (500 records of a log group), {peak:.0f} MB")
            config = '[destination.webhook]\ntype = "webhook"\nurl = "https://example.com/"\nsecrets = ["env:SECRET"]\n'
            told = settings | {"AWARE_CONFIG": config, "SECRET": "whsec_" + base64.b64encode(b"x" * 32).decode()}
            start, answer, peak = starts(built / "destination", told, {"Records": []})
            print(f"destination: first question after {start:.1f} ms, first answer {answer:.1f} ms (an empty batch), {peak:.0f} MB")
            objects(built, settings, aws, records)
        finally:
            aws.stop()


def objects(built, settings, aws, records):
    """Repeated reads of an object of 8,000 events without findings: the cost of reading."""
    body = gzip.compress(json.dumps({"Records": quiet(records)}, separators=(",", ":")).encode())
    aws.client("s3").put_object(Bucket="trail", Key="one.json.gz", Body=body)
    count = len(quiet(records))
    function = Function(built / "source", settings)
    function.invoke(notice("one.json.gz"))
    before = cpu(function)
    times = [function.invoke(notice("one.json.gz")) for _ in range(30)]
    spent = (cpu(function) - before) / 30
    print(f"source, an object of {count} events: {statistics.median(times) * 1000:.0f} ms with the fetch, {spent * 1000:.0f} ms of processor: {count / spent:,.0f} events a second and core; {function.peak():.0f} MB")
    function.stop()


def cpu(function):
    """CPU seconds that a process has used."""
    fields = Path(f"/proc/{function.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
