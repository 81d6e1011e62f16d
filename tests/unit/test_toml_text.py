"""TOML that we write is read as what was written."""

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.owner.toml_text import toml_text

TEXT = st.text(st.characters(codec="utf-8"))
PLAIN = (
    st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
VALUES = PLAIN | st.lists(PLAIN)
TABLES = st.recursive(
    st.dictionaries(TEXT, VALUES), lambda inner: st.dictionaries(TEXT, VALUES | inner)
)


@given(TABLES)
def test_whatever_is_written_is_read_again(tables: dict[str, Any]) -> None:
    assert tomllib.loads(toml_text(tables)) == tables


def test_it_looks_as_one_would_write_it_by_hand() -> None:
    document = {
        "phone": {
            "enabled": True,
            "allowlist": ["+15559876543", "+44"],
            "twilio": {"from_number": "+15551234567"},
            "plivo": {},
            "accounts": {"reserve": {"provider": "plivo"}},
            "agent": {"reply_budget_secs": 2.5},
        }
    }

    assert toml_text(document) == (
        "[phone]\n"
        "enabled = true\n"
        'allowlist = ["+15559876543", "+44"]\n'
        "\n"
        "[phone.twilio]\n"
        'from_number = "+15551234567"\n'
        "\n"
        "[phone.plivo]\n"
        "\n"
        "[phone.accounts.reserve]\n"
        'provider = "plivo"\n'
        "\n"
        "[phone.agent]\n"
        "reply_budget_secs = 2.5\n"
    )
