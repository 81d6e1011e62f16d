"""docs/rpc.md names every method and error; its examples look like the real ones."""

import inspect
import json
import re

import pytest

from chalicelib.calls.call import State
from chalicelib.calls.published import conversation_json
from chalicelib.calls.transcript import Conversation
from chalicelib.routes import problems
from chalicelib.routes.methods import METHODS
from tests.builders import NOON, a_call, a_line
from tests.docs.pages import DOCS, PAGES, blocks, name, named, rows, sections

SECTIONS = sections(DOCS / "rpc.md")
EXAMPLES = [
    pytest.param(block, id=f"{name(page)}-{number}")
    for page in PAGES
    for number, block in enumerate(blocks(page, "json"))
]


def test_the_table_of_methods_is_the_one_that_is_served() -> None:
    table = rows(SECTIONS["Methods"])

    assert {(row[0].strip("`"), row[1]) for row in table} == {
        (method, str(served.scope)) for method, served in METHODS.items()
    }


def test_the_table_of_errors_has_every_number() -> None:
    numbers = set(re.findall(r"-32\d{3}", inspect.getsource(problems)))

    assert {row[0] for row in rows(SECTIONS["Errors"])} == numbers


def test_the_example_of_a_call_has_the_fields_of_a_call() -> None:
    real = conversation_json(Conversation.of(a_call(opened_at=NOON), [a_line()]))
    example = next(json.loads(text) for text in blocks(DOCS / "rpc.md", "json") if "state" in text)

    assert list(example) == list(real)
    assert list(example["transcript"][0]) == list(real["transcript"][0])


def test_every_state_is_explained() -> None:
    assert named(SECTIONS["The call"]) >= {str(state) for state in State}


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_json_example_is_json(text: str) -> None:
    assert json.loads(text)
