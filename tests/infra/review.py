"""What a reviewer's tool finds in the packaged template, and whether each finding is explained.

`python -m tests.infra.review CHECKOV`; `make review` has the tool in an environment of its own.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final, NamedTuple

from moltis.deployment.packaging import CONFIG, describe
from moltis.deployment.template import INFRA

ACCEPTED: Final = INFRA / "review.toml"
STAGES: Final = tuple(json.loads(CONFIG.read_text())["stages"])


class Finding(NamedTuple):
    """A check that failed for a resource, by its name in the template."""

    check: str
    resource: str
    words: str = ""


def accepted(file: Path = ACCEPTED) -> list[dict[str, Any]]:
    """Give what is accepted, with its reasons."""
    found: list[dict[str, Any]] = tomllib.loads(file.read_text("utf-8"))["accepted"]
    return found


def complaints(found: set[Finding], entries: list[dict[str, Any]]) -> Iterator[str]:
    """Say of each finding that it has no reason, and of each reason that it has no finding."""
    patterns = [(one["check"], resource) for one in entries for resource in one["resources"]]
    for finding in sorted(found):
        if not any(_fits(finding, pattern) for pattern in patterns):
            yield f"{finding.check} of {finding.resource}: {finding.words}; mend it, or say why not"
    for pattern in patterns:
        if not any(_fits(finding, pattern) for finding in found):
            yield f"{pattern[0]} of {pattern[1]} is explained, and not found any more"


def _fits(finding: Finding, pattern: tuple[str, str]) -> bool:
    return finding.check == pattern[0] and fnmatch(finding.resource, pattern[1])


def findings(checkov: str, template: Path) -> set[Finding]:
    """Ask *checkov* what it finds in *template*."""
    command = [checkov, "--file", str(template), "--framework", "cloudformation", "--compact"]
    done = subprocess.run(
        [*command, "--quiet", "--skip-download", "--output", "json", "--soft-fail"],
        capture_output=True,
        text=True,
        check=True,
    )
    report = json.loads(done.stdout)
    if not report["summary"]["passed"] or report["summary"]["parsing_errors"]:
        message = "checkov could not read the template"
        raise RuntimeError(message)
    return {
        Finding(one["check_id"], one["resource"].rpartition(".")[2], one["check_name"])
        for one in report["results"]["failed_checks"]
    }


def main() -> int:
    """Review every stage; 1 if there is something to be said."""
    (checkov,) = sys.argv[1:]
    found: set[Finding] = set()
    with tempfile.TemporaryDirectory() as folder:
        for stage in STAGES:
            template = Path(folder) / f"{stage}.json"
            template.write_text(json.dumps(describe(stage)))
            found |= findings(checkov, template)
    said = list(complaints(found, accepted()))
    sys.stdout.writelines(f"{line}\n" for line in said)
    sys.stdout.write(f"checkov finds {len(found)}, {len(said) or 'none'} unexplained\n")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
