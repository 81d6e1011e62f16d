"""Chooses the real things, once per container."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Final

from chalicelib.accounts.account import Account, Phone
from chalicelib.actions.exchange import Exchange
from chalicelib.agents.base import Agent
from chalicelib.audio.account_voice import AccountVoice
from chalicelib.calls.call import Call
from chalicelib.calls.terms import SpeechSettings
from chalicelib.errors import NoQueueError, UnknownAccountError
from chalicelib.providers import registry as providers
from chalicelib.providers.base import Provider
from chalicelib.provisioning.seals import Seal
from chalicelib.remembering import Acquainted, Remembered
from chalicelib.settings import settings
from chalicelib.store.base import (
    AccessToken,
    AccountStore,
    AuditStore,
    CallStore,
    Session,
    TokenStore,
)
from chalicelib.store.dynamo import DynamoCallStore
from chalicelib.store.dynamo_accounts import DynamoAccountStore, DynamoTokenStore
from chalicelib.store.dynamo_audit import DynamoAuditStore
from chalicelib.store.tables import use_table
from chalicelib.timers.base import LostTimers
from chalicelib.timers.sqs import SqsLostTimers
from chalicelib.timers.step_functions import StepFunctionsTimers
from chalicelib.turns.aws_lambda import LambdaTurns
from chalicelib.vault import Credentials, Vault, shared

if TYPE_CHECKING:
    from chalicelib.audio.aloud import Aloud
    from chalicelib.audio.speech.base import SpeechEngine
    from chalicelib.store.people import PeopleStore

DEFAULT: Final = "default"


def now() -> datetime:
    """The time, aware and in UTC."""
    return datetime.now(UTC)


@cache
def calls() -> CallStore:
    """Where calls are kept."""
    use_table(settings().table_name)
    return DynamoCallStore()


@cache
def accounts() -> AccountStore:
    """Where settings are kept."""
    use_table(settings().table_name)
    return DynamoAccountStore()


@cache
def tokens() -> TokenStore:
    """Where access tokens are kept."""
    use_table(settings().table_name)
    return DynamoTokenStore()


@cache
def audit() -> AuditStore:
    """Where it is kept what was done."""
    use_table(settings().table_name)
    return DynamoAuditStore()


@cache
def people() -> "PeopleStore":
    """Where it is found what is kept of somebody."""
    from chalicelib.store.dynamo_people import DynamoPeopleStore  # noqa: PLC0415  # seldom asked

    use_table(settings().table_name)
    return DynamoPeopleStore()


@cache
def vault() -> Vault:
    """Where credentials are kept."""
    return Vault(settings().secret_prefix, monotonic=time.monotonic)


@cache
def timers() -> StepFunctionsTimers:
    """The clock."""
    return StepFunctionsTimers(settings().call_timer_arn, settings().short_timer_arn)


def lost_timers() -> LostTimers:
    """Where timers are that were given up.

    Raises:
        NoQueueError: they are not kept.
    """
    url = settings().lost_timers_queue
    if not url:
        raise NoQueueError
    return SqsLostTimers(url)


@cache
def aloud() -> "Aloud | None":
    """Who has words read aloud; nobody where there is no place for sounds."""
    from chalicelib.audio.aloud import Aloud  # noqa: PLC0415
    from chalicelib.audio.s3_shelf import S3Shelf  # noqa: PLC0415  # most phones need no sounds

    bucket = settings().audio_bucket
    return Aloud(shelf=S3Shelf(bucket, now=now), engine_of=_engine) if bucket else None


def audio_keys() -> Iterator[str]:
    """What addresses of sounds are sealed with: the current key, then the one before."""
    current = vault().credentials(_AUDIO).get("key", "")
    if current:
        yield current
    for former in vault().rotated(_AUDIO):
        yield from filter(None, [former.get("key", "")])


def _engine(speech: SpeechSettings) -> "SpeechEngine":
    from chalicelib.audio.speech import registry as engines  # noqa: PLC0415

    return engines.build(speech, vault().credentials(shared("tts")).get("api_key", ""))


@cache
def _turns() -> LambdaTurns:
    return LambdaTurns(settings().take_turn_function)


@cache
def _known_accounts() -> Acquainted[Account]:
    return Acquainted(_find_account)


@cache
def _known_tokens() -> Acquainted[AccessToken]:
    return Acquainted(lambda digest: tokens().find(digest))


@cache
def _known_sessions() -> Acquainted[Session]:
    return Acquainted(lambda digest: tokens().session(digest))


@cache
def _known_phone() -> Remembered[Phone | None]:
    return Remembered(lambda _: accounts().phone())


def forget() -> None:
    """Choose everything anew: another cloud, or another environment, is there now."""
    for chosen in _CHOSEN:
        chosen.cache_clear()


def forget_settings() -> None:
    """Read all settings again next time: they were changed in this very container."""
    for remembered in (_known_accounts, _known_phone):
        remembered.cache_clear()


def phone() -> Phone | None:
    """Which accounts there are, as of a moment ago."""
    return _known_phone().get("")


def account(account_id: str) -> Account:
    """The settings of one account, as of a moment ago; `default` is the active one.

    Raises:
        UnknownAccountError: there is none.
        TooManyStrangersError: so many that are none were asked for that no more are looked up.
    """
    if account_id == DEFAULT:
        known = phone()
        if known is None:
            raise UnknownAccountError(account_id)
        account_id = known.active
    found = _known_accounts().get(account_id)
    if found is None:
        known = phone()
        raise UnknownAccountError(account_id, *(known.account_ids if known else ()))
    return found


def _find_account(account_id: str) -> Account | None:
    try:
        return accounts().get(account_id)
    except UnknownAccountError:
        return None


def missing_settings(of: Account) -> tuple[str, ...]:
    """Which settings and credentials the account lacks before it can make calls."""
    stored = vault().credentials(of.credentials_name)
    return (
        *of.missing,
        *(key for key in providers.PROVIDERS[of.provider].needs if not stored.get(key)),
    )


def access_token(digest: str) -> AccessToken | None:
    """The token with that SHA-256, as of a moment ago."""
    return _known_tokens().get(digest)


def forget_token(digest: str) -> None:
    """Read a token again next time: it was changed in this very container."""
    _known_tokens().forget(digest)


def session_token(digest: str) -> AccessToken | None:
    """The token that the session with that SHA-256 was opened with, if both still hold."""
    session = _known_sessions().get(digest)
    if session is None or session.expires_at <= now():
        return None
    return access_token(session.token_digest)


def close_session(digest: str) -> None:
    """End a session: at once in this container, in the others a moment later."""
    tokens().close_session(digest)
    _known_sessions().forget(digest)


def exchange(account_id: str) -> Exchange:
    """What actions work with for one account.

    Raises:
        UnknownAccountError: there is none.
    """
    its_account = account(account_id)
    return _exchange(its_account, vault().credentials(its_account.credentials_name))


def rotated_exchanges(account_id: str) -> list[Exchange]:
    """The same with other credentials, for when a signature did not match."""
    its_account = account(account_id)
    return [
        _exchange(its_account, credentials)
        for credentials in vault().rotated(its_account.credentials_name)
    ]


def keyrings(account_id: str) -> Iterator[tuple[Provider, Seal | None]]:
    """The carrier of an account and the seal of its probes: by its credentials, then by others.

    Others are looked for only when those that are remembered did not do.
    """
    its_account = account(account_id)

    def keyring(credentials: Credentials) -> tuple[Provider, Seal | None]:
        provider = _provider(its_account, credentials)
        return provider, Seal.of(credentials, provider.needs)

    yield keyring(vault().credentials(its_account.credentials_name))
    for credentials in vault().rotated(its_account.credentials_name):
        yield keyring(credentials)


def exchange_of(call: Call) -> Exchange:
    """What actions work with for the account of *call*."""
    return exchange(call.account)


def agent_of(call: Call) -> Agent:
    """Who answers in *call*."""
    from chalicelib.agents import registry as agents  # noqa: PLC0415  # no webhook needs them

    api_key = vault().credentials(shared("agent")).get("api_key", "")
    return agents.build(call.agent or account(call.account).agent, api_key)


_AUDIO: Final = shared("audio")
_CHOSEN: Final = (
    aloud,
    calls,
    accounts,
    tokens,
    audit,
    people,
    vault,
    timers,
    _turns,
    _known_accounts,
    _known_tokens,
    _known_sessions,
    _known_phone,
)


def _exchange(its_account: Account, credentials: Credentials) -> Exchange:
    provider = _provider(its_account, credentials)
    return Exchange(
        account=its_account,
        provider=provider,
        calls=calls(),
        audit=audit(),
        timers=timers(),
        turns=_turns(),
        voice=AccountVoice(
            account=its_account,
            plays=provider.plays,
            aloud=aloud,
            key=lambda: vault().credentials(_AUDIO).get("key", ""),
            now=now,
        ),
        now=now,
        speed=settings().carrier_speed if its_account.simulated else 1.0,
    )


def _provider(its_account: Account, credentials: Credentials) -> Provider:
    return providers.build(its_account.provider, credentials, api_base_url=its_account.api_base_url)
