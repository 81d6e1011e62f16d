"""Which carriers can be set up from here; one that is not named here is set up by hand."""

from collections.abc import Mapping
from typing import Final

from chalicelib.errors import UnsupportedFeatureError
from chalicelib.providers.base import Feature
from chalicelib.provisioning.base import Console
from chalicelib.provisioning.plivo import PlivoConsole
from chalicelib.provisioning.telnyx import TelnyxConsole
from chalicelib.provisioning.twilio import TwilioConsole

CONSOLES: Final[Mapping[str, type[Console]]] = {
    "twilio": TwilioConsole,
    "telnyx": TelnyxConsole,
    "plivo": PlivoConsole,
}


def open_console(
    provider: str, credentials: Mapping[str, str], *, api_base_url: str = ""
) -> Console:
    """Open the console of *provider*, as the account that owns *credentials*.

    Raises:
        UnsupportedFeatureError: that carrier cannot be set up from here.
    """
    if provider not in CONSOLES:
        raise UnsupportedFeatureError(provider, str(Feature.PROVISIONING))
    return CONSOLES[provider](credentials, api_base_url)
