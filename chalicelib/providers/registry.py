"""Which carriers exist; adding one is one line here."""

from collections.abc import Mapping
from typing import Final

from chalicelib.errors import ConfigurationError
from chalicelib.providers.base import Provider
from chalicelib.providers.plivo import Plivo
from chalicelib.providers.telnyx import Telnyx
from chalicelib.providers.twilio import Twilio

PROVIDERS: Final[Mapping[str, type[Provider]]] = {
    "twilio": Twilio,
    "telnyx": Telnyx,
    "plivo": Plivo,
}


def build(name: str, credentials: Mapping[str, str], *, api_base_url: str = "") -> Provider:
    """Make the carrier called *name*, speaking for the account that owns *credentials*.

    Raises:
        ConfigurationError: there is no such carrier.
    """
    if name not in PROVIDERS:
        message = f"there is no carrier {name!r}; known: {', '.join(PROVIDERS)}"
        raise ConfigurationError(message)
    return PROVIDERS[name](credentials, api_base_url)
