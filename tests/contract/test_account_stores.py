from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.accounts.account import InboundPolicy, OutboundLimits, Phone
from chalicelib.calls.terms import AgentKind, AgentSettings, SpeechSettings
from chalicelib.errors import ConflictError, UnknownAccountError
from chalicelib.store.base import AccessToken, Scope, Session
from tests.builders import NOON, an_account
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
        agent=AgentSettings(kind=AgentKind.OPENAI, model="small", reply_budget_secs=2.5),
        tts=SpeechSettings(provider="polly", voice="Amy"),
        outbound=OutboundLimits(allow=("+1", "+44"), deny=("+1900",), max_calls_per_day=7),
    )

    saved = memory.accounts.save(account)

    assert saved == replace(account, version=1)
    assert memory.accounts.get("twilio") == saved


def test_an_account_that_was_never_saved_is_unknown(memory: Memory) -> None:
    with pytest.raises(UnknownAccountError):
        memory.accounts.get("twilio")


def test_an_account_can_be_changed_again_and_again(memory: Memory) -> None:
    account = memory.accounts.save(an_account())

    for secs in (10, 20, 30):
        account = memory.accounts.save(replace(account, ring_timeout_secs=secs))

    assert memory.accounts.get("twilio") == replace(an_account(), ring_timeout_secs=30, version=4)


@pytest.mark.parametrize("version", [0, 1, 3])
def test_nobody_overwrites_what_they_have_not_read(memory: Memory, version: int) -> None:
    first = memory.accounts.save(an_account())
    second = memory.accounts.save(replace(first, voice="Amy"))

    with pytest.raises(ConflictError, match="twilio"):
        memory.accounts.save(replace(second, voice="Brian", version=version))

    assert memory.accounts.get("twilio") == second


def test_an_account_that_is_gone_cannot_be_changed(memory: Memory) -> None:
    with pytest.raises(ConflictError):
        memory.accounts.save(an_account(version=1))


def test_the_phone_knows_its_accounts(memory: Memory) -> None:
    before = memory.accounts.phone()
    phone = Phone(active="plivo", account_ids=("twilio", "plivo"))

    memory.accounts.save_phone(Phone(active="twilio", account_ids=("twilio",)))
    memory.accounts.save_phone(phone)

    assert before is None
    assert memory.accounts.phone() == phone


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
