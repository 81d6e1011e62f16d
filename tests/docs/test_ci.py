import re

from tests.docs.pages import ROOT

RUN = (ROOT / ".ci" / "run").read_text()
TARGETS = {
    word
    for line in re.findall(r"(?m)^\s*make ([^|\n]+)", RUN)
    for word in line.split()
    if not word.startswith("-")
}


def test_ci_runs_what_people_run() -> None:
    readme = (ROOT / "README.md").read_text().split("## ")[0]
    told = set(re.findall(r"(?m)^make ([a-z-]+)", readme))
    table = re.findall(r"(?m)^\| `make ([a-z-]+)`", (ROOT / "CONTRIBUTING.md").read_text())

    assert told == {"demo", "test", "test-deploy"}
    assert told <= TARGETS <= set(table)


def test_ci_stops_where_something_fails() -> None:
    forgiven = [line.strip() for line in RUN.splitlines() if "||" in line]

    assert "set -euo pipefail" in RUN
    assert [line.split(" ||")[0] for line in forgiven] == ["make mcp-clients"]
