"""docs/deploying.md says what is measured, and what there is."""

import re

import pytest
import yaml

from moltis.deployment.template import template_for
from tests.docs.pages import DOCS, ROOT

PAGE = DOCS / "deploying.md"
TEXT = PAGE.read_text()
DOORS = (ROOT / "infra" / "stack" / "doors.yaml").read_text()


@pytest.mark.parametrize("said", ["$5.48 a month", "$0.00007 for each restore", "Python 3.12"])
def test_the_template_has_the_options_that_the_page_names(said: str) -> None:
    flat = re.sub(r"\s*\n\s*#\s*", " ", DOORS)

    assert said in TEXT
    assert said in flat
    assert "# ProvisionedConcurrencyConfig:" in DOORS
    assert "# SnapStart:" in DOORS


def test_every_parameter_of_the_stack_is_on_the_page() -> None:
    parameters = template_for("prod", traced=False)["Parameters"].keys() - {"Stage"}
    table = TEXT.split("| parameter | |")[1].split("\n\n")[0]

    assert set(re.findall(r"`(\w+)`", table)) == parameters


def test_every_variable_of_the_page_is_heard() -> None:
    table = TEXT.split("| variable | |")[1].split("\n\n")[0]
    named = set(re.findall(r"`([A-Z_]+)`", table.replace("`.chalice", "")))
    heard = (ROOT / "Makefile").read_text()
    heard += (ROOT / "moltis" / "deployment" / "cloud.py").read_text()

    assert named
    assert [name for name in named if name not in heard] == []


def test_the_workflow_needs_no_key_and_deploys() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    workflow = yaml.safe_load(text)
    steps = workflow["jobs"]["deploy"]["steps"]

    assert workflow["permissions"] == {"id-token": "write", "contents": "read"}
    assert steps[-1]["run"] == "make deploy STAGE=prod"
    assert "secrets." not in text
