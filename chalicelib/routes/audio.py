"""Carriers fetch here what is to be heard in a voice of ours."""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final

from chalice import Blueprint, Response

from chalicelib import log, wiring
from chalicelib.audio.sealed import unseal
from chalicelib.calls.callbacks import PREFIX
from chalicelib.calls.sounds import SOUND_TYPE, Utterance
from chalicelib.errors import GatewayError, SignatureError, UnknownAccountError
from chalicelib.overriding import override

blueprint = Blueprint(__name__)

MAKING_SECS: Final = 8.0
"""So long a carrier is kept waiting for a sound that is gone and has to be made again."""


@blueprint.route(f"{PREFIX}/{{account}}/audio/{{name}}")
def audio(account: str, name: str) -> Response:
    """Give the sound that a sealed address stands for; whoever has the address may hear it."""
    request = blueprint.current_request
    try:
        account_id = wiring.account(account).account_id
        utterance, left = unseal(
            name, account=account_id, keys=wiring.audio_keys(), now=wiring.now()
        )
    except UnknownAccountError:
        return _bare(HTTPStatus.NOT_FOUND)
    except SignatureError as error:
        log.warning("address of a sound refused", account=account, reason=error.reason)
        return _bare(HTTPStatus.FORBIDDEN)
    content = _content(utterance, account_id)
    if content is None:
        return SoundResponse(_apology(), "no-store")
    tag = f'"{sha256(content).hexdigest()[:32]}"'
    cached = f"public, max-age={left}, immutable"
    if tag in request.headers.get("if-none-match", ""):
        return Response("", {"ETag": tag, "Cache-Control": cached}, HTTPStatus.NOT_MODIFIED)
    return SoundResponse(content, cached, tag=tag)


class SoundResponse(Response):
    """Bytes, whatever the other side says that it accepts.

    Chalice answers 400 to whoever does not name our type in `Accept`; carriers name all kinds of
    things there, or nothing. So the type is none that Chalice knows as binary, and what it would
    do for one is done here.
    """

    def __init__(self, content: bytes, cached: str, *, tag: str = "") -> None:
        named = {"ETag": tag} if tag else {}
        headers = {"Content-Type": SOUND_TYPE, "Cache-Control": cached, **named}
        super().__init__(content, {**headers}, HTTPStatus.OK)

    @override
    def to_dict(self, binary_types: list[str] | None = None) -> dict[str, Any]:
        content, self.body = self.body, ""
        told: dict[str, Any] = super().to_dict(binary_types)
        self.body = content
        return told | {"body": b64encode(content).decode(), "isBase64Encoded": True}


def _content(utterance: Utterance, account: str) -> bytes | None:
    """The sound; nothing if it is gone and cannot be made again."""
    aloud = wiring.aloud()
    if aloud is None:
        return None
    try:
        return aloud.content(utterance, within_secs=MAKING_SECS)
    except GatewayError as error:
        log.error(
            "sound is gone, and an apology is heard instead", account=account, reason=str(error)
        )
        return None


@cache
def _apology() -> bytes:
    """A sentence that is always there: the far end must not hear silence."""
    from importlib.resources import files  # noqa: PLC0415  # no webhook needs it

    return (files("chalicelib.audio") / "apology.wav").read_bytes()


def _bare(status: HTTPStatus) -> Response:
    return Response("", {"Content-Type": "text/plain"}, status)
