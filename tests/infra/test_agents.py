"""The templates that register the tool with agents of AWS: up to date, and clean."""

import pytest
from cfnlint.api import ManualArgs, lint

from tests.infra.agents import FOLDER, TEMPLATES, written


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_what_the_definition_of_the_tool_makes(name: str) -> None:
    assert (FOLDER / name).read_text() == written(name), "say `make docs`"


@pytest.mark.parametrize("name", TEMPLATES)
def test_cfn_lint_finds_nothing_in_a_template(name: str) -> None:
    config = ManualArgs(regions=["us-east-1"], include_checks=["I"])

    assert lint(written(name), config=config) == []
