"""docs/mcp.md names the revisions that are spoken."""

import re

from chalicelib.mcp.legacy import VERSIONS as LEGACY
from chalicelib.mcp.modern import VERSIONS as MODERN
from chalicelib.mcp.telephone import MOST_BYTES
from tests.docs.pages import DOCS, rows, sections

SECTIONS = sections(DOCS / "mcp.md")


def test_the_table_of_revisions_is_what_is_spoken() -> None:
    modern, legacy, *_ = rows(SECTIONS["Revisions"])

    assert re.findall(r"\d{4}-\d\d-\d\d", modern[0]) == list(MODERN)
    assert re.findall(r"\d{4}-\d\d-\d\d", legacy[0]) == list(LEGACY)


def test_the_length_of_a_piece_is_the_true_one() -> None:
    assert f"pieces of {MOST_BYTES // 1000} KB" in SECTIONS["Results"].replace("\n", " ")
