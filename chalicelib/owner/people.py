"""What the owner may ask about somebody who called or was called: all that is kept, or none of it.

Both go through the table piece by piece: each answer has the cursor with which the next is asked.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

from chalicelib import log, wiring
from chalicelib.accounts.audit import Change, Topic, Who
from chalicelib.calls.call import Call
from chalicelib.calls.phone_numbers import PhoneNumber, e164, masked
from chalicelib.calls.published import conversation_json
from chalicelib.calls.sounds import SoundFormat, Utterance
from chalicelib.calls.terms import SpeechKind
from chalicelib.calls.transcript import Conversation, Speaker
from chalicelib.errors import ConflictError, Fault, InvalidParamsError
from chalicelib.owner.entries import change_json, decision_json
from chalicelib.owner.keeping import entry_of
from chalicelib.owner.tables import TOP, leaves

MOST_CALLS: Final = 10
"""As many as are sure to fit into an answer, which AWS cuts off at 6 MB and after 29 s."""
MOST_ENTRIES: Final = 100

Params = Mapping[str, Any]
Result = dict[str, Any]


class Part(StrEnum):
    """What is gone through, in this order."""

    CALLS = "calls"
    DECISIONS = "decisions"
    CHANGES = "changes"


_TOPICS: Final = {Part.DECISIONS: Topic.CALLS, Part.CHANGES: Topic.SETTINGS}
_SHOWN: Final = {Part.DECISIONS: decision_json, Part.CHANGES: change_json}
_NEXT: Final = {Part.CALLS: Part.DECISIONS, Part.DECISIONS: Part.CHANGES}


def give_out(params: Params, who: Who) -> Result:
    """Show a piece of what is kept of somebody; that it was asked for stands in the audit."""
    number = e164(params["number"], field="number")
    part, place = _read(params.get("cursor", ""))
    if not params.get("cursor"):
        _note("data exported", number, who)
    shown: Result = {one: [] for one in Part}
    if part is Part.CALLS:
        found = wiring.people().calls_with(number, limit=MOST_CALLS, cursor=place)
        conversations = [wiring.calls().conversation(call.call_id) for call in found.calls]
        shown[part] = [conversation_json(one) for one in conversations]
        return _piece(shown, number, part, found.cursor, found.looked_at)
    entries = wiring.people().entries_with(_TOPICS[part], number, limit=MOST_ENTRIES, cursor=place)
    shown[part] = [_SHOWN[part](entry) for entry in entries.entries]
    return _piece(shown, number, part, entries.cursor)


def erase(params: Params, who: Who) -> Result:
    """Take away a piece of what is kept of somebody, and say how much it was.

    Harmless to repeat: what was interrupted begins anew, and finds what is left.

    Raises:
        InvalidParamsError: the number is one of the phone's own: every call would be gone.
        ConflictError: a call with it is not over.
    """
    number = e164(params["number"], field="number")
    part, place = _read(params.get("cursor", ""))
    _refuse_own(number)
    if not params.get("cursor"):
        _refuse_running(number, wiring.calls().live())
        _note("data erased", number, who)
    gone = {"calls": 0, "lines": 0, "entries": 0}
    if part is Part.CALLS:
        found = wiring.people().calls_with(number, limit=MOST_CALLS, cursor=place)
        _refuse_running(number, found.calls)
        for call in found.calls:
            _forget(call, gone)
        log.info("calls erased", calls=gone["calls"], lines=gone["lines"])
        return _piece(gone, number, part, found.cursor, found.looked_at)
    entries = wiring.people().entries_with(_TOPICS[part], number, limit=MOST_ENTRIES, cursor=place)
    for entry in entries.entries:
        wiring.people().mask(entry, number)
        gone["entries"] += 1
    return _piece(gone, number, part, entries.cursor)


def _piece(
    shown: Result, number: PhoneNumber, part: Part, place: str, looked_at: int = 0
) -> Result:
    ahead = part if place else _NEXT.get(part)
    return {
        **shown,
        "settings": list(_settings_with(number)),
        "looked_at": looked_at,
        "cursor": f"{ahead}.{place}" if ahead else None,
    }


def _read(cursor: str) -> tuple[Part, str]:
    part, _, place = cursor.partition(".")
    try:
        return Part(part or Part.CALLS), place
    except ValueError as error:
        raise InvalidParamsError(Fault("cursor", "is not one that we gave")) from error


def _note(action: str, number: PhoneNumber, who: Who) -> None:
    wiring.audit().append(entry_of(action, who, Change(key=f"data of {masked(number)}")))


def _refuse_own(number: PhoneNumber) -> None:
    phone = wiring.accounts().phone()
    for name in phone.account_ids if phone else ():
        account = wiring.accounts().get(name)
        if number in {account.from_number, *account.numbers}:
            reason = f"is the phone's own, of account {name!r}; that would erase every call there"
            raise InvalidParamsError(Fault("number", reason))


def _refuse_running(number: PhoneNumber, calls: Iterable[Call]) -> None:
    running = [
        call.call_id
        for call in calls
        if number in {call.from_number, call.to_number} and not call.state.is_final
    ]
    if running:
        message = (
            f"a call with {masked(number)} is running ({', '.join(running)}); "
            "end it, or wait until it is over, and erase then"
        )
        raise ConflictError(message)


def _forget(call: Call, gone: dict[str, int]) -> None:
    """Take *call* away, its sounds first: from its words alone it is known which they are."""
    aloud = wiring.aloud()
    if aloud and call.speech.provider is not SpeechKind.CARRIER:
        aloud.forget(set(_sounds_of(wiring.calls().conversation(call.call_id))))
    gone["lines"] += wiring.people().forget_call(call.call_id)
    gone["calls"] += 1


def _sounds_of(conversation: Conversation) -> Iterator[str]:
    """The names of the sounds that may have been made of our own words in it."""
    call = conversation.call
    said = {line.text for line in conversation.lines if line.speaker is Speaker.BOT}
    for text in filter(str.strip, {call.opening, call.saying, *said}):
        for form in SoundFormat:
            yield Utterance(text=text, language=call.language, speech=call.speech, format=form).name


def _settings_with(number: PhoneNumber) -> Iterator[str]:
    """The keys of the owner's settings in which *number* stands: a policy, which stays."""
    for key, value in leaves(TOP, wiring.accounts().settings().table):
        values = value if isinstance(value, list | tuple) else [value]
        if number in values:
            yield key
