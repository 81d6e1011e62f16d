"""Access tokens and the sessions of browsers: shown once, kept as a digest."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_hex, token_urlsafe
from typing import Final

from chalicelib.overriding import override
from chalicelib.store.base import AccessToken, Scope, Session

SESSION_LIFE: Final = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token, this once, and what is kept of it."""

    text: str
    kept: AccessToken

    @override
    def __repr__(self) -> str:
        return f"NewToken({self.kept.token_id})"


def make_token(name: str, scope: Scope, *, at: datetime) -> NewToken:
    """Invent a token called *name*."""
    return token_of(f"mp_{token_urlsafe(32)}", name, scope, at=at)


def token_of(text: str, name: str, scope: Scope, *, at: datetime) -> NewToken:
    """Say what is kept of a token whose *text* is known already."""
    kept = AccessToken(
        digest=digest(text),
        token_id=token_hex(6),
        name=name,
        scope=scope,
        last_four=text[-4:],
        created_at=at,
    )
    return NewToken(text, kept)


@dataclass(frozen=True, slots=True)
class NewSession:
    """The secret for a browser's cookie, this once, and what is kept of it."""

    secret: str
    kept: Session

    @override
    def __repr__(self) -> str:
        return f"NewSession(until {self.kept.expires_at})"


def make_session(token: AccessToken, *, at: datetime) -> NewSession:
    """Let a browser in that has shown *token*."""
    secret = token_urlsafe(32)
    kept = Session(digest=digest(secret), token_digest=token.digest, expires_at=at + SESSION_LIFE)
    return NewSession(secret, kept)


def page_proof(secret: str) -> str:
    """What a page of ours sends beside the cookie with *secret*; other sites cannot know it."""
    return digest(f"page {secret}")


def digest(text: str) -> str:
    """What is kept of a secret: its SHA-256, in hexadecimal."""
    return sha256(text.encode()).hexdigest()
