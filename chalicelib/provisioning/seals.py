"""What makes a probe of our own known as one, and as nothing else.

A probe bears a seal that only a gateway with the same credentials can make. Whatever bears the
header is a probe or is refused: it never reaches what carriers' webhooks reach.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.errors import SignatureError
from chalicelib.providers.base import Provider, WebhookRequest

HEADER: Final = "X-Moltis-Probe"
TOLERANCE_SECS: Final = 300

_SEAL: Final = re.compile(r"([0-9]{1,12})\.([A-Za-z0-9]{8,64})\.([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Seal:
    """The key to the seals of one account."""

    key: bytes

    @classmethod
    def of(cls, credentials: Mapping[str, str], needs: Sequence[str]) -> "Seal | None":
        """Derive it from an account's *credentials*; none unless all that it *needs* are there."""
        secrets = [credentials.get(name, "") for name in needs]
        if not secrets or not all(secrets):
            return None
        return cls(hmac.digest("\0".join(secrets).encode(), b"moltis-phone probe 1", "sha256"))

    def stamp(self, url: str, nonce: str, at: int) -> str:
        """What the header of a probe of *url* holds."""
        return f"{at}.{nonce}.{self._digest('probe', url, str(at), nonce)}"

    def proof(self, nonce: str) -> str:
        """What the answer to a probe holds, and nobody else can know."""
        return self._digest("answer", nonce)

    def open(self, request: WebhookRequest) -> str:
        """Give the nonce of *request*, which is a probe that was sealed just now.

        Raises:
            SignatureError: it is not.
        """
        match = _SEAL.fullmatch(request.header(HEADER) or "")
        if match is None:
            raise SignatureError("malformed")
        at, nonce, digest = match.groups()
        if abs(int(request.received_at) - int(at)) > TOLERANCE_SECS:
            raise SignatureError("stale")
        if not hmac.compare_digest(self._digest("probe", request.url, at, nonce), digest):
            raise SignatureError("mismatch")
        return nonce

    def answer(self, nonce: str, provider: Provider, request: WebhookRequest) -> dict[str, str]:
        """What *request*, which is a probe with that *nonce*, is answered with: nothing is done.

        It tells whether the carrier's own signature came along and survived the way.
        """
        try:
            provider.verify(request)
            signature = "accepted"
        except SignatureError as error:
            signature = error.reason
        return {"probe": nonce, "proof": self.proof(nonce), "signature": signature}

    def _digest(self, *parts: str) -> str:
        return hmac.digest(self.key, "\n".join(parts).encode(), "sha256").hex()
