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
from tests.house.sources import files, functions

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


def test_each_of_ten_mistakes_is_kept_away_by_a_test_that_there_is() -> None:
    told = rows(SECTIONS["Ten mistakes of other servers"])
    there = {function.name for path in files("tests") for function in functions(path)}

    assert len(told) == 10
    assert {row[3].strip("`") for row in told} <= there
    assert all("https://github.com/" in row[1] for row in told)


def test_the_skill_asks_only_what_the_tool_takes() -> None:
    skill = DOCS / "skill" / "SKILL.md"
    text = skill.read_text()
    asked = [json.loads(found) for found in re.findall(r'\{"action".*?\}', text)]

    assert {one["action"] for one in asked} == set(ACTIONS)
    for question in asked:
        told = json.dumps(question).replace("CURSOR", "0-e3b0c442-7c9da2f1")
        Draft202012Validator(exact_schema()).validate(json.loads(told))


def test_the_skill_has_a_name_and_says_when_to_use_it() -> None:
    _, head, _ = (DOCS / "skill" / "SKILL.md").read_text().split("---\n", 2)
    told = dict(line.split(": ", 1) for line in head.splitlines())

    assert re.fullmatch(r"[a-z0-9-]{1,64}", told["name"])
    assert len(told["description"]) <= 1_024


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.get("action", one.get("status")))
def test_every_example_is_one_that_the_schemas_accept(example: dict[str, object]) -> None:
    schema = exact_schema() if "action" in example else output_schema()

    Draft202012Validator({**schema, "additionalProperties": "action" in example}).validate(example)
