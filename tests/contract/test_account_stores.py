from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.accounts.account import InboundPolicy, OutboundLimits, Phone
from chalicelib.accounts.audit import Topic
from chalicelib.accounts.phone_settings import PhoneSettings
from chalicelib.accounts.simulator import Simulator
from chalicelib.calls.terms import AgentKind, AgentSettings, OwnTerms, SpeechKind, SpeechSettings
from chalicelib.errors import (
    ConflictError,
    InvalidParamsError,
    SettingsConflictError,
    UnknownAccountError,
)
from chalicelib.phone_config import MOST_ACCOUNTS
from chalicelib.store.base import AccessToken, Scope, Session
from tests.builders import NOON, an_account, an_entry, new_settings
from tests.contract.memories import Memory, every_memory

TOKEN = AccessToken(
    digest="5e88",
    token_id="tok-1",
    name="the night shift",
    scope=Scope.READ,
    last_four="x7Qa",
    created_at=NOON,
)

pytestmark = every_memory


@pytest.fixture
def memory(a_memory: Callable[[], AbstractContextManager[Memory]]) -> Iterator[Memory]:
    with a_memory() as opened:
        yield opened


def test_a_saved_account_can_be_read_with_all_its_settings(memory: Memory) -> None:
    account = an_account(
        inbound_policy=InboundPolicy.ALLOWLIST,
        allowlist=("+15550001111",),
        simulated=True,
        agent=AgentSettings(
            kind=AgentKind.OPENAI, model="small", reply_budget_secs=2.5, fillers=("Wait.", "Hold.")
        ),
        tts=SpeechSettings(provider=SpeechKind.POLLY, voice="Amy"),
        outbound=OutboundLimits(allow=("+1", "+44"), deny=("+1900",), max_calls_per_day=7),
        numbers={
            "+15550001111": OwnTerms(
                greeting="Krume.",
                voice="",
                agent={"kind": AgentKind.LAMBDA, "function_name": "baker", "timeout_secs": 9.5},
                speech={"provider": SpeechKind.CARRIER},
            ),
            "+15550002222": OwnTerms(language="de-DE"),
        },
        version=1,
    )

    memory.accounts.save_settings(new_settings(account))

    assert memory.accounts.get("twilio") == account


def test_an_account_that_was_never_saved_is_unknown(memory: Memory) -> None:
    with pytest.raises(UnknownAccountError):
        memory.accounts.get("twilio")


def test_before_anything_is_saved_the_settings_are_of_version_nought(memory: Memory) -> None:
    assert memory.accounts.settings() == PhoneSettings()
    assert memory.accounts.phone() is None
    assert memory.accounts.simulator() is None


def test_settings_can_be_changed_again_and_again(memory: Memory) -> None:
    for version in (1, 2, 3):
        memory.accounts.save_settings(
            new_settings(an_account(ring_timeout_secs=version), version=version)
        )

    assert memory.accounts.settings() == new_settings(version=3).settings
    assert memory.accounts.get("twilio") == an_account(ring_timeout_secs=3)


@pytest.mark.parametrize("version", [1, 2, 4])
def test_nobody_overwrites_what_they_have_not_read(memory: Memory, version: int) -> None:
    for one in (1, 2):
        memory.accounts.save_settings(new_settings(an_account(voice=str(one)), version=one))
    other = new_settings(an_account(voice="other"), version=version)

    with pytest.raises(SettingsConflictError, match="the night shift") as refused:
        memory.accounts.save_settings(other)

    assert refused.value.version == 2
    assert memory.accounts.get("twilio") == an_account(voice="2")
    assert len(memory.audit.page(Topic.SETTINGS, limit=9).entries) == 2


def test_settings_that_are_gone_cannot_be_changed(memory: Memory) -> None:
    with pytest.raises(ConflictError):
        memory.accounts.save_settings(new_settings(an_account(), version=2))


def test_the_phone_knows_its_accounts(memory: Memory) -> None:
    accounts = [an_account(account_id=name, provider=name) for name in ("twilio", "plivo")]

    memory.accounts.save_settings(new_settings(accounts[0]))
    memory.accounts.save_settings(new_settings(*accounts, version=2, active="plivo"))

    assert memory.accounts.phone() == Phone(active="plivo", account_ids=("twilio", "plivo"))


def test_as_many_accounts_as_there_may_be_are_saved_at_once(memory: Memory) -> None:
    accounts = [an_account(account_id=f"a{number}") for number in range(MOST_ACCOUNTS)]
    gone = [an_account(account_id=f"b{number}") for number in range(MOST_ACCOUNTS - 4)]

    memory.accounts.save_settings(new_settings(*accounts, *gone))

    assert memory.accounts.get(f"a{MOST_ACCOUNTS - 1}") == accounts[-1]


def test_it_is_kept_where_simulated_carriers_are(memory: Memory) -> None:
    simulator = Simulator(gateway_url="http://127.0.0.1:1", carrier_urls={"twilio": "http://x"})

    memory.accounts.save_simulator(Simulator(gateway_url="http://127.0.0.1:2", carrier_urls={}))
    memory.accounts.save_simulator(simulator)

    assert memory.accounts.simulator() == simulator


def test_saved_settings_stand_in_the_audit(memory: Memory) -> None:
    new = new_settings(an_account())

    memory.accounts.save_settings(new)

    assert memory.audit.page(Topic.SETTINGS, limit=9).entries == (new.entry,)


def test_the_audit_is_read_newest_first_page_by_page(memory: Memory) -> None:
    entries = [an_entry(f"{n}", at=NOON + timedelta(seconds=n)) for n in range(5)]
    for entry in entries:
        memory.audit.append(entry)

    first = memory.audit.page(Topic.SETTINGS, limit=3)
    second = memory.audit.page(Topic.SETTINGS, limit=3, cursor=first.cursor)

    assert [*first.entries, *second.entries] == entries[::-1]
    assert (bool(first.cursor), second.cursor) == (True, "")


def test_nothing_takes_the_place_of_an_entry(memory: Memory) -> None:
    memory.audit.append(an_entry())

    with pytest.raises(ConflictError):
        memory.audit.append(an_entry(action="something else"))

    assert memory.audit.page(Topic.SETTINGS, limit=9).entries == (an_entry(),)


def test_a_cursor_that_was_made_up_opens_no_page(memory: Memory) -> None:
    with pytest.raises(InvalidParamsError, match="cursor"):
        memory.audit.page(Topic.SETTINGS, limit=9, cursor="zzz")


def test_a_token_is_found_by_its_digest(memory: Memory) -> None:
    memory.tokens.add(TOKEN)

    found = memory.tokens.find("5e88")

    assert found == TOKEN
    assert memory.tokens.find("0000") is None


def test_a_removed_token_is_nowhere(memory: Memory) -> None:
    memory.tokens.add(TOKEN)

    memory.tokens.remove("5e88")
    memory.tokens.remove("5e88")

    assert memory.tokens.find("5e88") is None
    assert list(memory.tokens.all()) == []


def test_tokens_are_listed_oldest_first(memory: Memory) -> None:
    tokens = [
        replace(TOKEN, digest=digest, created_at=NOON + timedelta(days=day))
        for day, digest in enumerate(("cc", "aa", "bb"))
    ]
    for token in reversed(tokens):
        memory.tokens.add(token)

    listed = memory.tokens.all()

    assert list(listed) == tokens


def test_a_session_is_known_until_it_is_closed(memory: Memory) -> None:
    expires_at = NOON.replace(microsecond=0) + timedelta(hours=12)
    session = Session(digest="77aa", token_digest="5e88", expires_at=expires_at)

    memory.tokens.open_session(session)
    open_, other = memory.tokens.session("77aa"), memory.tokens.session("5e88")
    memory.tokens.close_session("77aa")
    memory.tokens.close_session("77aa")

    assert (open_, other) == (session, None)
    assert memory.tokens.session("77aa") is None
