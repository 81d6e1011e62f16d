"""An AWS that answers at once with what it was told to, in a process of its own, and counts."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

import requests

from tests.bench.instant_server import Question, serve

Json = dict[str, Any]

COUNTS: Final = "/counts"
_NOTHING_FOUND: Final = {"Items": [], "Count": 0, "ScannedCount": 0}
_FIXED: Final[dict[str, Json]] = {
    "DynamoDB_20120810.TransactWriteItems": {},
    "DynamoDB_20120810.PutItem": {},
    "DynamoDB_20120810.DeleteItem": {},
    "DynamoDB_20120810.Scan": _NOTHING_FOUND,
    "AWSStepFunctions.StartExecution": {"executionArn": "arn:there", "startDate": 1.0},
    "AWSStepFunctions.StopExecution": {"stopDate": 1.0},
}


@dataclass(frozen=True, slots=True)
class Contents:
    """What this AWS holds: secrets by name, items by keys, and what `take_turn` answers."""

    secrets: dict[str, str]
    items: dict[str, Json]
    """The attributes of each, under `{pk}/{sk}`."""
    answer: Json

    def write(self) -> str:
        return json.dumps({"secrets": self.secrets, "items": self.items, "answer": self.answer})


class InstantAws:
    """Where it is, and what it was asked since somebody last looked."""

    def __init__(self, url: str) -> None:
        self.url = url

    def counts(self) -> Json:
        """`{operation: [times, bytes]}` since the last time."""
        counted: Json = requests.post(f"{self.url}{COUNTS}", timeout=5).json()
        return counted

    @property
    def environment(self) -> dict[str, str]:
        """What has an AWS SDK ask there."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "AKIDBENCH",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
        }


@contextmanager
def running(contents: Contents) -> Iterator[InstantAws]:
    """Have it there with *contents* while the context lasts."""
    with subprocess.Popen(
        [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(contents.write() + "\n")
        process.stdin.flush()
        try:
            yield InstantAws(process.stdout.readline().strip())
        finally:
            process.stdin.close()


class _Answering:
    def __init__(self, contents: Json) -> None:
        self._contents = contents
        self._known: dict[bytes, bytes] = {}
        self._counted: dict[str, list[int]] = {}
        self._lock = Lock()

    def answer(self, question: Question) -> bytes:
        if question.path == COUNTS:
            with self._lock:
                counted, self._counted = self._counted, {}
            return json.dumps(counted).encode()
        target = question.headers.get("x-amz-target", "lambda.Invoke")
        # The same question has the same answer: what it costs to find it is no AWS's business.
        asked = target.encode() + question.body
        body = self._known.get(asked)
        if body is None:
            body = json.dumps(self._about(target, json.loads(question.body or b"{}"))).encode()
            self._known[asked] = body
        with self._lock:
            count = self._counted.setdefault(target.rpartition(".")[2], [0, 0])
            count[0] += 1
            count[1] += len(question.body) + len(body)
        return body

    def _about(self, target: str, asked: Json) -> Json:
        items = self._contents["items"]
        match target.rpartition(".")[2]:
            case "Invoke":
                answer: Json = self._contents["answer"]
                return answer
            case "GetSecretValue":
                return self._secret(asked["SecretId"])
            case "GetItem":
                item = items.get(_place(asked["Key"]))
                return {"Item": item} if item else {}
            case "UpdateItem":
                return {"Attributes": items.get(_place(asked["Key"]), {})}
            case "Query":
                return self._query(asked)
        return _FIXED[target]

    def _secret(self, name: str) -> Json:
        return {
            "ARN": f"arn:{name}",
            "Name": name,
            "VersionId": "00000000-0000-0000-0000-000000000001",
            "SecretString": self._contents["secrets"][name],
            "VersionStages": ["AWSCURRENT"],
            "CreatedDate": 1.0,
        }

    def _query(self, asked: Json) -> Json:
        values = {value.get("S", "") for value in asked["ExpressionAttributeValues"].values()}
        found = [item for item in self._contents["items"].values() if item["pk"]["S"] in values]
        return {"Items": found, "Count": len(found), "ScannedCount": len(found)}


def _place(key: Json) -> str:
    return f"{key['pk']['S']}/{key['sk']['S']}"


def main() -> None:
    """Answer until standard input is closed."""
    answering = _Answering(json.loads(sys.stdin.readline()))
    with serve(answering.answer) as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
