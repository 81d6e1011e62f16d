"""docs/command-line.md names every command, option and argument there is."""

from collections.abc import Iterator

import click
import pytest

from moltis.commands.root import moltis
from tests.docs.pages import DOCS, named, sections

PAGE = DOCS / "command-line.md"


def every_command(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    for command in group.commands.values():
        its_path = f"{path} {command.name}"
        yield its_path, command
        if isinstance(command, click.Group):
            yield from every_command(command, its_path)


COMMANDS = dict(every_command(moltis, "moltis"))


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_has_a_section_that_names_all_it_takes(path: str) -> None:
    text = sections(PAGE).get(f"`{path}`", "")
    everywhere = {"--stage"} & named(PAGE.read_text("utf-8").partition("\n## ")[0])
    words = {word.strip("[]") for word in named(text)} | everywhere

    missing = [
        parameter.opts[-1]
        for parameter in COMMANDS[path].params
        if not {*parameter.opts, (parameter.name or "").upper()} & words
    ]

    assert text
    assert missing == []


def test_no_section_is_about_a_command_that_is_not_there() -> None:
    assert {heading.strip("`") for heading in sections(PAGE)} == set(COMMANDS)
