"""The pages, and what they are made of: public files; their data is asked for with a session."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from html import escape
from http import HTTPStatus
from pathlib import Path
from string import Template
from typing import Any, Final

from chalice import Blueprint, Response
from chalice.app import Request

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
    """A page: its title, and the files `NAME.html`, `NAME.css` and `NAME.js` it is made of."""

    path: str
    title: str
    name: str

    @property
    def root(self) -> str:
        """From the page to the app's root: behind a gateway there may be a prefix."""
        return "../" * (self.path.count("/") - 1)


SETTINGS: Final = Page("/settings/phone", "Settings", "settings-phone")
PAGES: Final = (SETTINGS,)
"""Those that every page leads to."""


@blueprint.route(SETTINGS.path)
def settings_phone() -> Response:
    """The owner's settings."""
    return served(blueprint.current_request, rendered(SETTINGS), _HTML)


@blueprint.route("/web/{name}")
def file(name: str) -> Response:
    """What pages are made of."""
    text = _files().get(name)
    if text is None:
        return Response("", {"Content-Type": "text/plain"}, HTTPStatus.NOT_FOUND)
    return served(blueprint.current_request, text, _TYPES[Path(name).suffix])


@cache
def rendered(page: Page, *, folder: Path = WEB) -> str:
    """Put *page*, whose own HTML is in *folder*, into the frame that all pages share."""
    links = (
        f'<a href="{page.root}{other.path[1:]}"'
        f"{' aria-current=page' if other == page else ''}>{escape(other.title)}</a>"
        for other in PAGES
    )
    return Template((WEB / "frame.html").read_text("utf-8")).substitute(
        title=escape(page.title),
        root=page.root,
        name=page.name,
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
def _files() -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in WEB.iterdir() if path.suffix in _TYPES}
