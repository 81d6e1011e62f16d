"""docs/pages.md names every page, every address of their data and everything that can happen."""

from chalicelib.calls.course import Happening
from chalicelib.routes.pages import CALL, PAGES, SOFT_PHONE
from tests.browser.pictures import IMAGES, SCHEMES, SUBJECTS
from tests.docs.pages import DOCS, named, rows, sections

SECTIONS = sections(DOCS / "pages.md")


def test_the_table_of_pages_has_every_page() -> None:
    table = {row[0].strip("`") for row in rows((DOCS / "pages.md").read_text())}

    assert table == {page.path for page in (*PAGES, CALL, SOFT_PHONE)}


def test_every_picture_is_there_and_small() -> None:
    sizes = [
        (IMAGES / f"{name}-{scheme}.png").stat().st_size for name in SUBJECTS for scheme in SCHEMES
    ]

    assert all(1_000 < size < 150_000 for size in sizes)


def test_everything_that_can_happen_to_a_call_is_named() -> None:
    told = named(SECTIONS["How a page stays up to date"])

    assert told >= {str(one) for one in Happening}
