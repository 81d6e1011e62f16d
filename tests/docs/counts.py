"""`make docs`: counts anew what calls ask of AWS, in moltis/cost/counts.json."""

import json
from pathlib import Path
from typing import Any, Final

import yaml

from tests.operations import measure

ROOT: Final = Path(__file__).parents[2]
COUNTS: Final = ROOT / "moltis" / "cost" / "counts.json"


def counts() -> dict[str, Any]:
    """What there is to count: in calls, in a sweep, in the stack."""
    return {**measure(), "stack": _stack()}


def _stack() -> dict[str, Any]:
    kinds = [
        kind for path in sorted((ROOT / "infra" / "stack").glob("*.yaml")) for kind in _kinds(path)
    ]
    config = json.loads((ROOT / ".chalice" / "config.json").read_text("utf-8"))
    usual = config["lambda_memory_size"]
    return {
        "alarms": kinds.count("AWS::CloudWatch::Alarm"),
        "secrets": kinds.count("AWS::SecretsManager::Secret"),
        "memory_mb": {
            name: stage.get("lambda_memory_size", usual) for name, stage in config["stages"].items()
        },
    }


def _kinds(path: Path) -> list[str]:
    # The short forms of CloudFormation do not matter here: only what kinds of things there are.
    root = yaml.compose(path.read_text("utf-8"))
    assert isinstance(root, yaml.MappingNode)
    found = [value for key, value in root.value if key.value == "Resources"]
    return [
        kind.value
        for resources in found
        for _, resource in resources.value
        for name, kind in resource.value
        if name.value == "Type"
    ]


def timeless(counted: Any) -> Any:
    """The same without what the machine has a say in: times of the CPU."""
    if not isinstance(counted, dict):
        return counted
    return {name: timeless(value) for name, value in counted.items() if name != "cpu_ms"}


def main() -> None:
    """Write the file, if anything but times has changed."""
    found = counts()
    known = json.loads(COUNTS.read_text("utf-8")) if COUNTS.exists() else {}
    if timeless(found) != timeless(known):
        COUNTS.write_text(json.dumps(found, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
