"""docs/configuration.md names what the validator knows, with the defaults that hold."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.errors import InvalidParamsError
from chalicelib.phone_config import parse_config
from tests.docs.pages import DOCS, PAGES, blocks, name, named, rows, sections

PAGE = DOCS / "configuration.md"
UNKNOWN = "unknown key; known here: "
ANY_NAME = {"accounts": "NAME", "numbers": "NUMBER"}
"""What stands for the name that an owner gives to a table of that kind."""
A_NAME = {"NAME": "name", "NUMBER": "+15551234567"}
AN_ACCOUNT = {"provider": "twilio"}
EXAMPLES = [
    pytest.param(block, id=f"{name(page)}-{number}")
    for page in PAGES
    for number, block in enumerate(blocks(page, "toml"))
]


def known_keys(*path: str) -> dict[str, bool]:
    """The keys that the validator knows in a table, and whether each is a table itself."""
    complaint = complaints_about("?", *path)[0]
    if not complaint.startswith(UNKNOWN):
        return {ANY_NAME[path[-1]]: True}
    keys = complaint.removeprefix(UNKNOWN).split(", ")
    return {key: complaints_about({}, *path, key) == [] for key in keys}


def complaints_about(value: Any, *path: str) -> list[str]:
    document: Any = {"?": value} if value == "?" else value
    for key in reversed(path):
        is_account = key == "NAME" and isinstance(document, dict)
        document = {A_NAME.get(key, key): AN_ACCOUNT | document if is_account else document}
    try:
        parse_config(document)
    except InvalidParamsError as error:
        return [fault.reason for fault in error.faults]
    return []


def every_key(*path: str) -> Iterator[tuple[str, str]]:
    for key, is_table in known_keys(*path).items():
        if is_table:
            yield from every_key(*path, key)
        else:
            yield ".".join(path), key


def documented() -> dict[str, str]:
    """The text below the heading that names each table, by table."""
    return {
        table: text
        for heading, text in sections(PAGE).items()
        for table in re.findall(r"`\[(.+?)\]`", heading)
    }


@pytest.mark.parametrize(("table", "key"), list(every_key("phone")))
def test_every_key_of_the_validator_stands_under_its_table(table: str, key: str) -> None:
    assert key in named(documented()[table])


def test_every_key_in_the_tables_is_one_that_the_validator_knows() -> None:
    known = {key for _, key in every_key("phone")}
    cells = [row for text in documented().values() for row in rows(text)]
    # A table of credentials names the carrier first.
    written = {next(cell for cell in row if cell.startswith("`")).strip("`") for row in cells}

    assert written == known


def test_writing_out_every_default_says_the_same_as_no_file() -> None:
    lines = []
    for table, text in documented().items():
        if table in {"phone.telnyx", "phone.plivo"} or re.search(r"NAME|NUMBER|\.\w+\.tts", table):
            continue
        lines.append(f"[{table}]")
        plain = [row for row in rows(text) if row[0].startswith("`")]
        lines += [f"{row[0].strip('`')} = {row[2].strip('`')}" for row in plain]

    assert parse_config(tomllib.loads("\n".join(lines))) == parse_config({})


@pytest.mark.parametrize("block", EXAMPLES)
def test_every_example_of_a_configuration_is_a_good_one(block: str) -> None:
    assert parse_config(tomllib.loads(block)).accounts


def test_the_pages_that_show_a_configuration_are_found() -> None:
    assert {page.name for page in PAGES if blocks(page, "toml")} >= {
        "README.md",
        "configuration.md",
    }
