"""Who is asking: whoever has a token, or a page of ours whose browser signed in with one."""

from datetime import datetime
from hmac import compare_digest
from http import HTTPMethod
from typing import Final
from urllib.parse import urlsplit

from chalice.app import Request, TooManyRequestsError

from chalicelib import wiring
from chalicelib.accounts.audit import Asker, Door, Who
from chalicelib.errors import TooManyStrangersError
from chalicelib.internet import LOOPBACK
from chalicelib.store.base import AccessToken
from chalicelib.tokens import digest, page_proof

PROOF_HEADER: Final = "X-Moltis-Page"
"""Carries what only our own pages know of their session."""

COMMAND_LINE: Final = "moltis-phone/"
"""How the command line begins to say what it is; anybody may say so."""

_COOKIE: Final = "moltis_session"
_HARMLESS: Final = frozenset({HTTPMethod.GET, HTTPMethod.HEAD})


def asker(request: Request) -> AccessToken | None:
    """The token behind *request*, by bearer header or by session; none: whoever it is stays out.

    A browser sends its cookie along whoever made it ask. So what could change anything counts
    only with the proof that a page of ours sent it.

    Raises:
        TooManyRequestsError: it is unknown here, and too many such come at once: HTTP 429.
    """
    try:
        return _asker(request)
    except TooManyStrangersError as error:
        raise TooManyRequestsError(str(error)) from error


def _asker(request: Request) -> AccessToken | None:
    header = request.headers.get("authorization", "")
    if header:
        return _bearer(header)
    secret = session_secret(request)
    if not secret:
        return None
    if request.method not in _HARMLESS and not _is_from_our_page(request, secret):
        return None
    return wiring.session_token(digest(secret))


def asker_of(token: AccessToken, door: Door) -> Asker:
    """Who showed *token*, and at which *door*."""
    return Asker(who=Who(token_id=token.token_id, name=token.name), door=door)


def door_of(request: Request, door: Door) -> Door:
    """Who stands at *door*: a page of ours, our command line as it says itself, or others."""
    if not request.headers.get("authorization", ""):
        return Door.PAGE
    is_ours = request.headers.get("user-agent", "").startswith(COMMAND_LINE)
    return Door.CLI if is_ours else door


def session_secret(request: Request) -> str:
    """The secret of the session whose cookie came with *request*; empty without one."""
    wanted = _cookie_name(request)
    for pair in request.headers.get("cookie", "").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == wanted:
            return str(value)
    return ""


def is_same_origin(request: Request) -> bool:
    """Whether no other site can have made a browser send *request*.

    Browsers tell where a request comes from by `Sec-Fetch-Site`, older ones by `Origin`; what
    tells neither is no browser.
    """
    site = request.headers.get("sec-fetch-site", "")
    if site:
        return bool(site == "same-origin")
    origin = request.headers.get("origin", "")
    return not origin or origin.partition("://")[2] == request.headers.get("host", "")


def may_come_from(request: Request) -> bool:
    """Whether *request* comes from no page, from one of ours, or from this very machine.

    Its own host is believed only where a name cannot be rebound to us: by TLS, or on loopback.
    """
    text = request.headers.get("origin", "")
    try:
        origin = urlsplit(text)
    except ValueError:
        return False
    if not text or origin.hostname in LOOPBACK:
        return True
    return origin.scheme == "https" and bool(origin.netloc == request.headers.get("host", ""))


def session_cookie(request: Request, secret: str, expires_at: datetime) -> str:
    """The header that has the browser keep *secret* until then."""
    return _set_cookie(request, secret, int((expires_at - wiring.now()).total_seconds()))


def no_session_cookie(request: Request) -> str:
    """The header that has the browser forget its session."""
    return _set_cookie(request, "", 0)


def _bearer(header: str) -> AccessToken | None:
    kind, _, token = header.partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        return None
    return wiring.access_token(digest(token.strip()))


def _is_from_our_page(request: Request, secret: str) -> bool:
    shown = request.headers.get(PROOF_HEADER, "")
    proof = page_proof(secret)
    return is_same_origin(request) and compare_digest(shown.encode(), proof.encode())


def _set_cookie(request: Request, secret: str, life_secs: int) -> str:
    secure = "" if _is_loopback(request) else "; Secure"
    return (
        f"{_cookie_name(request)}={secret}; Path=/; Max-Age={life_secs}; "
        f"HttpOnly; SameSite=Strict{secure}"
    )


def _cookie_name(request: Request) -> str:
    if not _is_loopback(request):
        # Browsers take this prefix only with Secure, and from this very host.
        return f"__Host-{_COOKIE}"
    # Cookies do not know ports, and several gateways may run on one machine.
    return f"{_COOKIE}_{_place(request)[1]}"


def _is_loopback(request: Request) -> bool:
    return _place(request)[0] in LOOPBACK


def _place(request: Request) -> tuple[str, int]:
    """The host and the port that the browser believes to speak to."""
    try:
        parts = urlsplit(f"//{request.headers.get('host', '')}")
        port = parts.port or 80
    except ValueError:
        return "", 0
    return parts.hostname or "", port
