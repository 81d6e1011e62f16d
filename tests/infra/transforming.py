"""The SAM transform, as CloudFormation does it; and the names in a template, resolved."""

import copy
import json
import re
from typing import Any, Final

from samtranslator.translator.transform import transform

ACCOUNT: Final = "123456789012"
REGION: Final = "us-east-1"
_PSEUDO: Final = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::URLSuffix": "amazonaws.com",
}


class _NoManagedPolicies:
    """We use none by name."""

    def load(self) -> dict[str, str]:
        return {}


def transformed(sam: dict[str, Any]) -> dict[str, Any]:
    """Give the plain CloudFormation that SAM makes of a template whose code is uploaded."""
    uploaded = json.loads(
        json.dumps(sam).replace('"./deployment.zip"', '"s3://a-bucket/deployment.zip"')
    )
    result: dict[str, Any] = transform(copy.deepcopy(uploaded), {}, _NoManagedPolicies())
    return result


def text_of(value: Any, stage: str, named: dict[str, str] | None = None) -> str:
    """Write out a `Fn::Sub`, or what a `Ref` or `Fn::GetAtt` of *named* stands for."""
    known = {**_PSEUDO, "Stage": stage, **(named or {})}
    match value:
        case str():
            return value
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([^}]+)\}", lambda found: known[found[1]], text)
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), "Arn"]}:
            return known[name]
    raise AssertionError(value)
