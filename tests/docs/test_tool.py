"""docs/tool.md names every action, parameter, error and format; its examples are true."""

import json
import re

import pytest
from jsonschema import Draft202012Validator

from chalicelib.parameters import PARAMETERS
from chalicelib.tool.definition import ACTIONS
from chalicelib.tool.formats import FORMATS
from chalicelib.tool.schemas import exact_schema, output_schema
from chalicelib.tool.statuses import http_status
from chalicelib.tool.words import AFTER_ERROR
from tests.docs.pages import DOCS, blocks, named, rows, sections

PAGE = DOCS / "tool.md"
SECTIONS = sections(PAGE)
EXAMPLES = [json.loads(block) for block in blocks(PAGE, "json")]


def test_the_table_of_actions_is_the_one_of_the_tool() -> None:
    told = {
        row[0].strip("`"): (row[1], row[2].replace("`", ""), row[3].split("`")[1])
        for row in rows(SECTIONS["Actions"])
    }

    assert told == {
        action.name: (
            str(action.scope),
            ", ".join([*action.takes.required, *(f"{one}?" for one in action.takes.optional)]),
            action.status,
        )
        for action in ACTIONS.values()
    }


def test_every_parameter_is_explained_here_or_with_the_methods() -> None:
    explained = named(SECTIONS["Actions"]) | named(sections(DOCS / "rpc.md")["Methods"])

    assert set(PARAMETERS) <= {word.rstrip(":") for word in explained}


def test_the_table_of_errors_has_every_code() -> None:
    assert [row[0].strip("`") for row in rows(SECTIONS["Errors"])] == list(AFTER_ERROR)


def test_the_table_of_formats_has_every_one() -> None:
    assert [row[0].strip("`") for row in rows(SECTIONS["Schemas"])] == list(FORMATS)


def test_the_status_of_every_error_is_told() -> None:
    text = SECTIONS["Over HTTP"]
    groups = re.findall(r"(\d{3}) ((?:`\w+`(?:,\s)?)+)", text)
    told = {code: int(status) for status, codes in groups for code in re.findall(r"`(\w+)`", codes)}

    assert told == {
        code: http_status({"status": "error", "error": {"code": code}}) for code in AFTER_ERROR
    }


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.get("action", one.get("status")))
def test_every_example_is_one_that_the_schemas_accept(example: dict[str, object]) -> None:
    schema = exact_schema() if "action" in example else output_schema()

    Draft202012Validator({**schema, "additionalProperties": "action" in example}).validate(example)
