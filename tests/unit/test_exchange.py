from dataclasses import replace

import pytest

from chalicelib.calls.callbacks import Route
from chalicelib.providers.registry import PROVIDERS, build
from tests.worlds import World


@pytest.mark.parametrize("name", PROVIDERS)
def test_whoever_asks_for_documents_is_told_to_ask_again(name: str) -> None:
    exchange = replace(World.of().exchange, provider=build(name, {}))

    url, _, fragment = exchange.url(Route.GATHER, "a-call", turn=2).partition("#")

    assert url.endswith("/gather?call=a-call&turn=2")
    assert fragment == ("" if PROVIDERS[name].takes_commands else "rc=2&rp=all")
