"""Gives a line its sound, where an engine of ours speaks."""

from dataclasses import replace
from typing import Final

from chalicelib.actions.exchange import Exchange
from chalicelib.actions.spoken import fillers, phrases
from chalicelib.calls.call import Call, Mode
from chalicelib.calls.terms import AgentSettings, SpeechKind
from chalicelib.calls.transcript import Kind, Line
from chalicelib.calls.verbs import Manner
from chalicelib.turns.base import Reading

PATIENCE_SECS: Final = 2.5
"""So long a sound is waited for, where nobody waits for a document: then the carrier speaks."""


def voiced(line: Line, call: Call, *, exchange: Exchange, within_secs: float = 0.0) -> Line:
    """Give *line* of *call* with its sound, if it is there or can be made within that time."""
    if line.kind is Kind.DTMF:
        return line
    manner = Manner.of(call)
    return replace(line, audio=exchange.voice.sound_of(manner, line.text, within_secs=within_secs))


def read_ahead(call: Call, *, exchange: Exchange) -> None:
    """Have made elsewhere what we may say in *call* of our own accord, and do not wait for it.

    What is there already costs nothing; what is missing when it is wanted the carrier speaks.
    """
    if call.speech.provider is not SpeechKind.CARRIER:
        agent = exchange.agent_settings(call)
        exchange.turns.read_ahead(call.account, _reading(call.opening, agent, Manner.of(call)))


def read_greetings_ahead(*, exchange: Exchange) -> None:
    """Have made elsewhere what every call of the account may begin with, on each of its numbers.

    So the first call of all is greeted in our voice: its greeting could not be made in time.
    """
    account = exchange.account
    for terms in {account.terms, *map(account.terms_on, account.numbers)}:
        if terms.speech.provider is SpeechKind.CARRIER:
            continue
        manner = Manner(
            call_id="",
            mode=Mode.CONVERSATION,
            language=terms.language,
            voice=terms.voice,
            notify_hangup_delay_secs=account.notify_hangup_delay_secs,
            speech=terms.speech,
        )
        exchange.turns.read_ahead(account.account_id, _reading(terms.greeting, terms.agent, manner))


def _reading(opening: str, agent: AgentSettings, manner: Manner) -> Reading:
    sentences = phrases(manner.language)
    return Reading(
        texts=(
            opening,
            *fillers(agent, manner.language),
            sentences.apology,
            *sentences.reprompts,
            sentences.farewell,
            *([sentences.unreached] if agent.transfer_to else []),
            sentences.trouble,
        ),
        manner=manner,
    )
