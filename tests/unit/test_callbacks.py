from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.calls.callbacks import Route, callback_url, webhook_url

BASE = "https://phone.example.com"
safe = st.from_regex(r"[A-Za-z0-9_-]{0,12}", fullmatch=True)
queries = st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), safe, max_size=4)


def test_an_address_holds_its_values_in_alphabetical_order() -> None:
    url = callback_url(BASE, "twilio", Route.GATHER, turn=2, call="c-1", quiet=0)

    assert url == f"{BASE}/api/channels/telephony/twilio/gather?call=c-1&quiet=0&turn=2"


def test_an_address_without_values_has_no_question_mark() -> None:
    assert callback_url(BASE, "twilio", Route.STATUS) == (
        f"{BASE}/api/channels/telephony/twilio/status"
    )


@pytest.mark.parametrize("base", ["https://x.example/prod", "https://x.example/prod/"])
def test_a_stage_in_the_public_address_is_kept(base: str) -> None:
    assert callback_url(base, "twilio", Route.ANSWER) == (
        "https://x.example/prod/api/channels/telephony/twilio/answer"
    )


@pytest.mark.parametrize("value", ["a b", "a+b", "a&b=c", "ä", "a%20b", "a\n", "/"])
def test_a_value_that_two_readers_could_read_differently_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"must be of .*: call$"):
        callback_url(BASE, "twilio", Route.GATHER, call=value, turn=1)


@settings(deadline=None, derandomize=True)
@given(query=queries)
def test_an_address_is_rebuilt_from_what_api_gateway_leaves_of_it(query: dict[str, str]) -> None:
    url = callback_url(BASE, "twilio", Route.GATHER, **query)

    assert webhook_url(BASE, "twilio", "gather", dict(reversed(query.items()))) == url
    assert urlsplit(url).fragment == ""
