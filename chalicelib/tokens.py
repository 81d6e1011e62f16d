"""Access tokens: shown once, kept as a digest."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_hex, token_urlsafe

from chalicelib.overriding import override
from chalicelib.store.base import AccessToken, Scope


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
    text = f"mp_{token_urlsafe(32)}"
    kept = AccessToken(
        digest=digest(text),
        token_id=token_hex(6),
        name=name,
        scope=scope,
        last_four=text[-4:],
        created_at=at,
    )
    return NewToken(text, kept)


def digest(text: str) -> str:
    """What is kept of a token: its SHA-256, in hexadecimal."""
    return sha256(text.encode()).hexdigest()
