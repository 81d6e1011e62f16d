"""The pages people read, and how to take them apart."""

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"
PAGES: Final = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")])

_BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_CODE: Final = re.compile(r"`([^`]+)`")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    return [code for tongue, code in _BLOCK.findall(page.read_text("utf-8")) if tongue == language]


def named(text: str) -> set[str]:
    """Everything that stands in `backquotes`, word by word."""
    outside = _BLOCK.sub("", text)
    return {word for code in _CODE.findall(outside) for word in code.split()}


def sections(page: Path) -> dict[str, str]:
    """The text below each heading of the second rank, by heading."""
    _, *parts = page.read_text("utf-8").split("\n## ")
    return {heading: text for heading, _, text in (part.partition("\n") for part in parts)}


def rows(text: str) -> list[list[str]]:
    """The cells of every table row in *text*, without headers."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    rulers = [number for number, row in enumerate(cells) if set("".join(row)) <= set("-:")]
    return [row for number, row in enumerate(cells) if not {number, number + 1} & set(rulers)]
