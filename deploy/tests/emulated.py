"""An emulated AWS for one test: started, asked, stopped."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import boto3

ACCOUNT, REGION = "111122223333", "eu-west-1"


def program():
    """The one named by AWARE_MINISTACK, else the one beside this Python."""
    return os.environ.get("AWARE_MINISTACK") or Path(sys.executable).parent / "ministack"


class Emulated:
    """A running emulator; functions run as processes of this machine."""

    def __init__(self, log, policies=False):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        settings = {
            "GATEWAY_PORT": str(port),
            "BIND_HOST": "127.0.0.1",
            "LAMBDA_EXECUTOR": "local",
            # Whether policies count: then functions work with sessions of their roles. The keys are
            # root's.
            "AUTH": "true" if policies else "false",
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "secret",
            "MINISTACK_REGION": REGION,
            # Where functions find it: without this they would ask AWS itself.
            "AWS_ENDPOINT_URL": self.url,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        self.process = subprocess.Popen(
            [program()], env=os.environ | settings, stdout=log, stderr=log, start_new_session=True
        )
        self.wait()

    def wait(self):
        for _ in range(600):
            try:
                return urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=5).read()
            except OSError:
                time.sleep(0.1)
        raise TimeoutError("the emulated AWS does not answer")

    def client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="secret",
        )

    def stop(self):
        """Ends it and the functions that it started, which are of its process group."""
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(30)


class Stack:
    """The template's stack, deployed with the zips that are given."""

    ROLES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]

    def __init__(self, emulated, name, template, zips, parameters):
        self.name, self.parameters = name, parameters
        self.formation, self.s3 = emulated.client("cloudformation"), emulated.client("s3")
        bucket = f"artifacts-of-{name[:9].lower()}-{name[-36:].lower()}".strip("-")
        with contextlib.suppress(self.s3.exceptions.BucketAlreadyOwnedByYou):
            self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        for key, path in zips.items():
            self.s3.upload_file(str(path), bucket, key)
            template = template.replace(f"../dist/{key}", f"s3://{bucket}/{key}")
        self.s3.put_object(Bucket=bucket, Key="template.yaml", Body=template.encode())
        self.url = f"{emulated.url}/{bucket}/template.yaml"

    def change(self, kind):
        """A change set, executed if it changes something: says whether it does."""
        named = {"StackName": self.name, "ChangeSetName": kind.lower()}
        values = [{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()]
        self.formation.create_change_set(
            **named, ChangeSetType=kind, TemplateURL=self.url, Parameters=values, Capabilities=self.ROLES
        )
        said = self.settled(lambda: self.formation.describe_change_set(**named))
        if said["Status"] == "FAILED" and "didn't contain changes" in said["StatusReason"]:
            return False
        self.formation.execute_change_set(**named)
        stack = self.settled(lambda: self.formation.describe_stacks(StackName=self.name)["Stacks"][0], "StackStatus")
        if stack["StackStatus"] != f"{kind}_COMPLETE":
            raise RuntimeError(f"{stack['StackStatus']}: {stack.get('StackStatusReason')}")
        return True

    @staticmethod
    def settled(ask, key="Status"):
        for _ in range(600):
            answer = ask()
            if not answer[key].endswith(("IN_PROGRESS", "PENDING")):
                return answer
            time.sleep(0.2)
        raise TimeoutError(f"still {answer[key]}")

    def outputs(self):
        outputs = self.formation.describe_stacks(StackName=self.name)["Stacks"][0]["Outputs"]
        return {each["OutputKey"]: each["OutputValue"] for each in outputs}

    def resources(self):
        found = self.formation.describe_stack_resources(StackName=self.name)["StackResources"]
        return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}

    def delete(self):
        self.formation.delete_stack(StackName=self.name)
        for _ in range(600):
            try:
                stack = self.formation.describe_stacks(StackName=self.name)["Stacks"]
            except self.formation.exceptions.ClientError:
                return
            if not stack or stack[0]["StackStatus"] == "DELETE_COMPLETE":
                return
            time.sleep(0.2)
        raise TimeoutError("the stack is not deleted")
