"""The pages, and what they are made of: public files; their data is asked for with a session."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from string import Template
from typing import Any, Final

from chalice import Blueprint, Response
from chalice.app import Request

from chalicelib.settings import settings

blueprint = Blueprint(__name__)

WEB: Final = Path(__file__).parents[1] / "web"
"""Where the files are."""

SAFETY: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; media-src 'self' blob:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""What a browser is told with every page and file."""

_HTML: Final = "text/html; charset=utf-8"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its title, and the files `NAME.html`, `NAME.css` and `NAME.js` it is made of.

    `styles` names further style sheets, which it shares with other pages.
    """

    path: str
    title: str
    name: str
    styles: tuple[str, ...] = ()

    @property
    def root(self) -> str:
        """From the page to the app's root: behind a gateway there may be a prefix."""
        return "../" * (self.path.count("/") - 1)


SETTINGS: Final = Page("/settings/phone", "Settings", "settings-phone")
SOFT_PHONE: Final = Page("/phone", "Soft phone", "phone", ("transcript",))
"""A local gateway serves it; here it is only led to."""
RECORDINGS: Final = f"{SOFT_PHONE.path}/recordings"
"""Where it serves how the calls at simulated carriers sounded, by the carrier's ids."""
CALLS: Final = Page("/calls", "Calls", "calls", ("transcript", "call-card"))
CALL: Final = Page("/calls/{call_id}", "Call", "call", ("transcript", "call-card"))
PAGES: Final = (CALLS, SETTINGS)
"""Those that every page leads to."""


@blueprint.route(SETTINGS.path)
def settings_phone() -> Response:
    """The owner's settings."""
    return page_response(blueprint.current_request, SETTINGS)


@blueprint.route(CALLS.path)
def calls() -> Response:
    """The calls that go on, and those that were."""
    return page_response(blueprint.current_request, CALLS)


@blueprint.route(CALL.path)
def call(call_id: str) -> Response:
    """One call; which, the page reads in its address."""
    del call_id
    return page_response(blueprint.current_request, CALL)


@blueprint.route("/web/{name}")
def file(name: str) -> Response:
    """What pages are made of."""
    return file_response(blueprint.current_request, name)


def file_response(request: Request, name: str, *, folder: Path = WEB) -> Response:
    """Answer with the file called *name* in *folder*, if a page is made of it."""
    text = _files(folder).get(name)
    if text is None:
        return Response("", {"Content-Type": "text/plain"}, HTTPStatus.NOT_FOUND)
    return served(request, text, _TYPES[Path(name).suffix])


def page_response(request: Request, page: Page, *, folder: Path = WEB) -> Response:
    """Answer with *page*, whose own HTML is in *folder*."""
    pages = (*PAGES, SOFT_PHONE) if settings().has_soft_phone else PAGES
    return served(request, rendered(page, pages=pages, folder=folder), _HTML)


@cache
def rendered(page: Page, *, pages: tuple[Page, ...] = PAGES, folder: Path = WEB) -> str:
    """Put *page* into the frame that all pages share, with links to *pages*."""
    from html import escape  # noqa: PLC0415  # brings all the names of characters along

    links = (
        f'<a href="{page.root}{other.path[1:]}"'
        f"{' aria-current=page' if other == page else ''}>{escape(other.title)}</a>"
        for other in pages
    )
    styles = (
        f'<link rel="stylesheet" href="{page.root}web/{name}.css">'
        for name in ("base", *page.styles, page.name)
    )
    return Template((WEB / "frame.html").read_text("utf-8")).substitute(
        title=escape(page.title),
        root=page.root,
        name=page.name,
        styles="\n".join(styles),
        navigation="".join(links),
        body=(folder / f"{page.name}.html").read_text("utf-8"),
    )


def served(request: Request, text: str, content_type: str) -> Response:
    """Answer with *text*, or that the browser has it already."""
    tag = f'"{sha256(text.encode()).hexdigest()[:32]}"'
    headers: dict[str, Any] = {
        "Content-Type": content_type,
        "Cache-Control": "no-cache",
        "ETag": tag,
        **SAFETY,
    }
    if tag in request.headers.get("if-none-match", ""):
        return Response("", headers, HTTPStatus.NOT_MODIFIED)
    return Response(text, headers, HTTPStatus.OK)


@cache
def _files(folder: Path) -> dict[str, str]:
    return {
        path.name: path.read_text("utf-8") for path in folder.iterdir() if path.suffix in _TYPES
    }
