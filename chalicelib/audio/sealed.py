"""Addresses of sounds: sealed, so that only we can write and read one, and good for some hours.

The last part of an address is what is to be heard, encrypted and authenticated (XSalsa20 and
Poly1305, by libsodium, which compares in constant time). So nobody can have us speak, no log of
anybody's has the words, and a sound that is gone can be made again of its address alone.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final

from chalicelib.calls.sounds import Utterance
from chalicelib.errors import SignatureError

EXTENSION: Final = ".wav"
LONGEST: Final = 8_192
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 24
LIFE: Final = timedelta(hours=25)
"""Longer than any call: a line may be spoken again."""
STEP: Final = timedelta(hours=1)
"""Within so long the same words have the same address, so that carriers may keep their sound."""


def seal(utterance: Utterance, *, account: str, key: str, now: datetime) -> str:
    """The last part of the address of *utterance*."""
    from nacl.secret import SecretBox  # noqa: PLC0415  # only who plays sounds needs it

    expires = (int(now.timestamp()) // _seconds(STEP) + 1) * _seconds(STEP) + _seconds(LIFE)
    facts = {"account": account, "expires": expires, "utterance": utterance.facts()}
    content = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    # Derived from the content, so that the same address is written again; unlike contents have
    # unlike nonces.
    nonce = blake2b(content, key=_derived(key, b"nonce"), digest_size=NONCE_BYTES).digest()
    box = SecretBox(_derived(key, b"box")).encrypt(content, nonce)
    return urlsafe_b64encode(box).decode().rstrip("=") + EXTENSION


def unseal(name: str, *, account: str, keys: Iterable[str], now: datetime) -> tuple[Utterance, int]:
    """What is to be heard at *name*, and for how many seconds that address is still good.

    Raises:
        SignatureError: we did not write it, or not for that account, or it is too old.
    """
    from nacl.exceptions import CryptoError  # noqa: PLC0415
    from nacl.secret import SecretBox  # noqa: PLC0415

    box = _decoded(name)
    for key in keys:
        try:
            facts = json.loads(SecretBox(_derived(key, b"box")).decrypt(box))
        except CryptoError:
            continue
        if facts["account"] != account:
            break
        left = facts["expires"] - int(now.timestamp())
        if left <= 0:
            reason = "stale"
            raise SignatureError(reason)
        return Utterance.of(facts["utterance"]), left
    reason = "mismatch"
    raise SignatureError(reason)


def _decoded(name: str) -> bytes:
    text = name.removesuffix(EXTENSION)
    if len(name) > LONGEST or text == name or not text.isascii():
        reason = "malformed"
        raise SignatureError(reason)
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (Base64Error, ValueError) as error:
        reason = "malformed"
        raise SignatureError(reason) from error


def _derived(key: str, purpose: bytes) -> bytes:
    return blake2b(key.encode(), person=purpose, digest_size=KEY_BYTES).digest()


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())
