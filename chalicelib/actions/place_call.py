"""Call somebody."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib import log
from chalicelib.accounts.account import Account
from chalicelib.accounts.audit import SOMEBODY, Asker
from chalicelib.accounts.policy import check_is_ready, check_may_call
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.next_words import about_to_open
from chalicelib.actions.note_decision import ALLOWED, decision, note_refusal
from chalicelib.actions.voiced import read_ahead
from chalicelib.calls.call import (
    Call,
    CallFailure,
    Direction,
    Mode,
    OnMachine,
    State,
    new_call_id,
)
from chalicelib.calls.callbacks import Route
from chalicelib.calls.phone_numbers import PhoneNumber
from chalicelib.calls.terms import SpeechKind, Terms
from chalicelib.errors import (
    Fault,
    InvalidParamsError,
    LimitReachedError,
    PolicyError,
    ProviderError,
    ProviderUncertainError,
    UnsupportedFeatureError,
)
from chalicelib.providers.base import DialOrder, Feature
from chalicelib.store.base import Created, Ending
from chalicelib.timers.base import TimerKind

RING_SLACK = timedelta(seconds=10)
"""Our ring timer is a guard: the carrier's own timeout comes first."""
UNANSWERED_SLACK = timedelta(seconds=60)
"""The sweep is a guard as well: the ring timer comes first."""
MACHINE_KNOWN_SECS = 6
"""When a carrier that begins to speak before it knows has found out at the latest."""
LIMIT_SLACK_SECS = 15
"""The carrier's own maximum duration is a guard: our timer comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOrder:
    """Who is to be called, and what is to be said first."""

    to: PhoneNumber
    message: str = ""
    mode: Mode = Mode.CONVERSATION
    language: str = ""
    voice: str = ""
    speaker: SpeechKind | None = None
    """What is empty is as the number, or the account, has it."""
    idempotency_key: str = ""
    asked_by: Asker = SOMEBODY


def place_call(order: CallOrder, *, exchange: Exchange) -> Call:
    """Call whom *order* names; the same idempotency key never rings twice.

    The call is remembered, and its clock runs, before the carrier is asked to dial. A dialling
    with an uncertain outcome leaves the call `initiated`: its webhooks, or the ring timer, tell.

    Raises:
        PolicyError, LimitReachedError: the owner's settings forbid it.
        InvalidParamsError: the carrier is to speak, and has no such voice.
        UnsupportedFeatureError: the carrier cannot do what the settings ask of it.
        ProviderError: the carrier refused or failed; the call is kept, in state `error`.
    """
    try:
        created = _create(order, exchange)
    except (PolicyError, LimitReachedError, UnsupportedFeatureError) as refusal:
        note_refusal(refusal, order.asked_by, exchange, **_asked(order))
        raise
    call = created.call
    if not created.fresh:
        return call
    exchange.timers.start(call.call_id, TimerKind.MAX_DURATION, call.must_end_at)
    exchange.timers.start(call.call_id, TimerKind.RING_TIMEOUT, _ring_until(call))
    read_ahead(call, exchange=exchange)
    return _dial(call, exchange)


def place_call_or_fall_back(
    order: CallOrder, *, exchange: Exchange, fallback: Callable[[str], Exchange]
) -> Call:
    """Call whom *order* names; by the account's fallback, if its carrier itself is the trouble.

    Never after an outcome that is uncertain: the first telephone may be ringing.

    Raises:
        PolicyError, LimitReachedError: the owner's settings forbid it.
        ProviderError: the carrier, or the last one, refused or failed.
    """
    other = exchange.account.fallback
    try:
        call = place_call(order, exchange=exchange)
    except ProviderError as error:
        if not other or not error.is_carriers_own:
            raise
        log.warning("falling back", account=exchange.account.account_id, to=other)
        return _fall_back(order, fallback(other))
    if other and call.error is not None and call.error.is_carriers_own:
        # The order was given before: then, too, the fallback made the call.
        return _fall_back(order, fallback(other))
    return call


def _fall_back(order: CallOrder, exchange: Exchange) -> Call:
    """Call by another carrier; in a voice of its own, if it does not know that of the first."""
    known = order if _knows_voice(order, exchange) else replace(order, voice="")
    return place_call(known, exchange=exchange)


def dial_order(call: Call, exchange: Exchange) -> DialOrder:
    """What the carrier is asked for, or was asked for, in order to place *call*."""
    return DialOrder(
        call_id=call.call_id,
        from_number=call.from_number,
        to_number=call.to_number,
        answer_url=exchange.url(Route.ANSWER, call.call_id),
        status_url=exchange.url(Route.STATUS, call.call_id),
        ring_timeout_secs=call.ring_timeout_secs,
        time_limit_secs=call.max_duration_secs + LIMIT_SLACK_SECS,
        placed_at=call.started_at,
        on_machine=call.on_machine,
    )


def _create(order: CallOrder, exchange: Exchange) -> Created:
    """Decide whether the call is to be, and keep it and that decision in one transaction."""
    account = exchange.account
    check_is_ready(account)
    prefix = check_may_call(account, order.to)
    _check_machine(exchange)
    _check_voice(order, exchange)
    call = _new_call(order, exchange)
    told = {"call_id": call.call_id, "rule": f"phone.outbound.allow {prefix}"}
    return exchange.calls.create(
        call,
        limits=account.outbound,
        idempotency_key=order.idempotency_key,
        entry=decision(ALLOWED, order.asked_by, exchange, **_asked(order), **told),
    )


def _asked(order: CallOrder) -> dict[str, str]:
    return {"to": order.to, "mode": order.mode}


def _hangup_delay(exchange: Exchange) -> int:
    """How long the line is held after a message; at least until a machine would be known."""
    account, features = exchange.account, exchange.provider.features
    is_known_first = Feature.GREETING_END in features
    if account.outbound.machine is OnMachine.OFF or is_known_first:
        return account.notify_hangup_delay_secs
    return max(account.notify_hangup_delay_secs, MACHINE_KNOWN_SECS)


def _check_machine(exchange: Exchange) -> None:
    provider = exchange.provider
    wanted = exchange.account.outbound.machine is not OnMachine.OFF
    if wanted and Feature.MACHINE_DETECTION not in provider.features:
        raise UnsupportedFeatureError(provider.name, Feature.MACHINE_DETECTION)


def _terms(order: CallOrder, account: Account) -> Terms:
    """How the call goes: as its account and the number that it comes from say, and the order."""
    terms = account.terms_on(account.from_number)
    return terms.spoken(language=order.language, voice=order.voice, speaker=order.speaker)


def _knows_voice(order: CallOrder, exchange: Exchange) -> bool:
    """Whether whoever is to speak has the voice of *order*; engines are asked when they speak."""
    by_carrier = _terms(order, exchange.account).speech.provider is SpeechKind.CARRIER
    voices = exchange.provider.voices
    return not (order.voice and by_carrier) or bool(re.fullmatch(voices, order.voice))


def _check_voice(order: CallOrder, exchange: Exchange) -> None:
    if not _knows_voice(order, exchange):
        raise InvalidParamsError(Fault("voice", f"is no voice of {exchange.provider.name}"))


def _ring_until(call: Call) -> datetime:
    return call.started_at + timedelta(seconds=call.ring_timeout_secs) + RING_SLACK


def _dial(call: Call, exchange: Exchange) -> Call:
    facts = {"call_id": call.call_id, "account": call.account, "provider": call.provider}
    try:
        provider_call_id = exchange.provider.place(dial_order(call, exchange))
    except ProviderUncertainError as error:
        log.warning("dialling has an uncertain outcome", reason=str(error), **facts)
        return call
    except ProviderError as error:
        failure = CallFailure(
            code=error.carrier_code or error.code,
            message=str(error),
            is_carriers_own=error.is_carriers_own,
        )
        ending = Ending(at=exchange.now(), reason=State.ERROR, error=failure)
        exchange.calls.finish(call.call_id, ending, account=call.account)
        log.warning("carrier refused to dial", reason=str(error), **facts)
        raise
    exchange.calls.attach(call.call_id, provider_call_id)
    log.info("dialling", **facts)
    return replace(call, provider_call_id=provider_call_id)


def _new_call(order: CallOrder, exchange: Exchange) -> Call:
    account, now = exchange.account, exchange.now()
    terms = _terms(order, account)
    call = Call(
        call_id=new_call_id(),
        account=account.account_id,
        provider=account.provider,
        direction=Direction.OUTBOUND,
        mode=order.mode,
        from_number=account.from_number,
        to_number=order.to,
        started_at=now,
        deadline=now + timedelta(seconds=account.max_duration_secs),
        max_duration_secs=account.max_duration_secs,
        ring_timeout_secs=account.ring_timeout_secs,
        notify_hangup_delay_secs=_hangup_delay(exchange),
        reports_speech=exchange.provider.takes_commands,
        on_machine=account.outbound.machine,
        opening=order.message or terms.greeting,
        language=terms.language,
        voice=terms.voice,
        agent=terms.agent,
        speech=terms.speech,
    )
    # Should anything of ours die before the telephone rings, the call must not go on for long.
    unanswered = replace(call, deadline=min(call.must_end_at, _ring_until(call) + UNANSWERED_SLACK))
    return about_to_open(unanswered, exchange=exchange)
