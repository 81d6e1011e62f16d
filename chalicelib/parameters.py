"""What our own callers may give: each parameter is described once, here, and checked by that.

JSON Schemas are made of the same descriptions, so that what is published is what is checked.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chalicelib.actions.acts import DIGITS
from chalicelib.calls.call import Direction, Mode, State
from chalicelib.calls.phone_numbers import e164
from chalicelib.calls.terms import SpeechKind
from chalicelib.errors import BadPhoneNumberError, Fault, InvalidParamsError
from chalicelib.overriding import override
from chalicelib.store.base import Scope

LONGEST_MESSAGE: Final = 3_000
LONGEST_NAME_SHOWN: Final = 64
MOST_LISTED: Final = 100
LISTED: Final = 20
LONGEST_WAIT_SECS: Final = 25
"""API Gateway gives up after 29 s, and a container may have to start first."""
WAIT_SECS: Final = 20

Params = Mapping[str, Any]
Schema = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Param(ABC):
    """Something that can be given, and `words` that tell a person or a model what it is."""

    words: str
    whence: str = ""
    """Where a caller who lacks it finds it."""

    @abstractmethod
    def fault(self, value: object) -> str:
        """Say what is wrong with *value*; nothing if it will do."""

    @abstractmethod
    def schema(self) -> Schema:
        """Describe it as JSON Schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Param):
    """Text of a certain length and form."""

    longest: int
    shortest: int = 0
    choices: tuple[str, ...] = ()
    pattern: str = ""
    form: str = ""
    """What *pattern* asks for, in words."""
    default: str = ""

    @override
    def fault(self, value: object) -> str:
        return next(self._faults(value), "") if isinstance(value, str) else "must be text"

    def _faults(self, value: str) -> Iterator[str]:
        if not is_unicode(value):
            yield "must be text that UTF-8 can hold"
        if len(value) < self.shortest:
            yield "must not be empty"
        if self.choices and value not in self.choices:
            yield f"must be one of {', '.join(self.choices)}"
        if self.pattern and not re.fullmatch(self.pattern, value):
            yield f"must be {self.form}"
        if len(value) > self.longest:
            yield f"must be at most {self.longest} characters"

    @override
    def schema(self) -> Schema:
        made: Schema = {"type": "string", "description": self.words}
        if self.choices:
            made["enum"] = list(self.choices)
        else:
            made |= {"minLength": self.shortest} if self.shortest else {}
            made |= {"maxLength": self.longest}
        made |= {"pattern": f"^{self.pattern}$"} if self.pattern else {}
        return made | ({"default": self.default} if self.default else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Telephone(Text):
    """A telephone number in international form."""

    @override
    def _faults(self, value: str) -> Iterator[str]:
        try:
            e164(value)
        except BadPhoneNumberError as error:
            yield error.faults[0].reason
        yield from super(Telephone, self)._faults(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment(Text):
    """A time as RFC 3339 writes it, with its offset from UTC."""

    @override
    def _faults(self, value: str) -> Iterator[str]:
        try:
            known = datetime.fromisoformat(value).tzinfo is not None
        except ValueError:
            known = False
        if not known:
            yield "must be a time like 2026-03-02T12:00:00Z"
        yield from super(Moment, self)._faults(value)

    @override
    def schema(self) -> Schema:
        return {**super(Moment, self).schema(), "format": "date-time"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole(Param):
    """A whole number within bounds."""

    lowest: int
    highest: int
    default: int

    @override
    def fault(self, value: object) -> str:
        if isinstance(value, str):
            return f"must be a whole number without quotation marks, like {self.default}"
        if not isinstance(value, int) or isinstance(value, bool):
            return "must be a whole number"
        if not self.lowest <= value <= self.highest:
            return f"must be from {self.lowest} to {self.highest}"
        return ""

    @override
    def schema(self) -> Schema:
        bounds = {"minimum": self.lowest, "maximum": self.highest, "default": self.default}
        return {"type": "integer", "description": self.words, **bounds}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Param):
    """Values by name; whatever is in it is looked at elsewhere."""

    @override
    def fault(self, value: object) -> str:
        return "" if isinstance(value, dict) else "must be an object"

    @override
    def schema(self) -> Schema:
        return {"type": "object", "description": self.words}


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys(Param):
    """A list of keys, at least one."""

    @override
    def fault(self, value: object) -> str:
        fits = isinstance(value, list) and value and all(isinstance(key, str) for key in value)
        return "" if fits else "must be a list of keys"

    @override
    def schema(self) -> Schema:
        items = {"type": "string"}
        return {"type": "array", "items": items, "minItems": 1, "description": self.words}


PARAMETERS: Final[Mapping[str, Param]] = {
    "call_id": Text(
        words="Id of the call, as initiating it or listing calls gave it.",
        whence="initiating the call gave it, and the list of calls shows it",
        shortest=1,
        longest=100,
    ),
    "to": Telephone(
        words="Number to call, in international form: + and country code first, like "
        "+15559876543. Take it from the user; never guess or complete one.",
        whence="ask the user which number to call",
        longest=40,
        pattern=r" *\+[0-9][0-9 ().-]*",
        form="a telephone number like +15559876543",
    ),
    "message": Text(
        words="What is said, as one would say it aloud: no markup, no stage directions. "
        "The first words of a new call, or all of it in mode notify (then it is needed: say "
        "who calls and why); or what is to be said now in a call that goes on.",
        longest=LONGEST_MESSAGE,
    ),
    "mode": Text(
        words="conversation: the phone's assistant talks with whoever answers, until one of "
        "them hangs up. notify: the message is spoken, then the call ends.",
        longest=20,
        choices=tuple(Mode),
        default=Mode.CONVERSATION,
    ),
    "account": Text(
        words="Account of the owner's, by its id. Leave it out unless the user names one.",
        shortest=1,
        longest=64,
    ),
    "credentials": Table(
        words="Credentials to try, by their names in moltis.toml; they are not stored."
    ),
    "api_base_url": Text(
        words="Where the carrier's REST interface is, unless it is the real one.", longest=400
    ),
    "language": Text(
        words="Language of this call, a BCP 47 tag like de-DE; else the number's or account's.",
        longest=35,
        pattern=r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*",
        form="a BCP 47 tag, like de-DE",
    ),
    "voice": Text(
        words="Voice of this call, as whoever speaks in it names it; else as on this number.",
        longest=100,
        pattern=r"[A-Za-z0-9_.: -]+",
        form="the name of a voice",
    ),
    "tts_provider": Text(
        words="Who speaks in this call: the carrier itself or an engine; else as on this number.",
        longest=20,
        choices=tuple(SpeechKind),
    ),
    "idempotency_key": Text(
        words="A name of your own for this one call, like reminder-2026-03-02-miller. Within a "
        "day the same key never rings twice: it gives the call that was made first. Give one "
        "whenever you may have to repeat yourself.",
        longest=200,
    ),
    "digits": Text(
        words="Keys to press: 0-9 A-D * #; w waits half a second, W one, like 1ww2#.",
        longest=32,
        pattern=DIGITS.pattern,
        form="1 to 32 of 0-9 A-D * # w W (w waits 0.5 s, W waits 1 s)",
    ),
    "since": Text(
        words="The cursor of an earlier result about this call: only what was said after it is "
        "given. Waiting ends at once if something has happened since.",
        whence="it is the cursor of an earlier result",
        longest=40,
        pattern=r"[0-9]{1,5}-[0-9a-f]{8}-[0-9a-f]{8}",
        form="the cursor of an earlier result, unchanged; or leave it out",
    ),
    "until": Text(
        words="What to wait for. change: that the state changes or somebody says something. "
        "end: that the call is over.",
        longest=10,
        choices=("change", "end"),
        default="change",
    ),
    "timeout_secs": Whole(
        words="How many seconds to wait at most. If nothing has happened by then, wait again.",
        lowest=1,
        highest=LONGEST_WAIT_SECS,
        default=WAIT_SECS,
    ),
    "number": Telephone(
        words="Telephone number of the person whom it is about, like +15559876543.", longest=40
    ),
    "limit": Whole(
        words="How many to list at most.", lowest=1, highest=MOST_LISTED, default=LISTED
    ),
    "search": Text(
        words="Part of a telephone number, or how the id of a call begins, ours or the carrier's.",
        longest=64,
    ),
    "direction": Text(
        words="Who called whom: inbound, or outbound.", longest=20, choices=tuple(Direction)
    ),
    "state": Text(words="The state that a call is in.", longest=20, choices=tuple(State)),
    "began_from": Moment(words="The call began then or later, RFC 3339.", longest=40),
    "began_before": Moment(words="The call began before that, RFC 3339.", longest=40),
    "cursor": Text(
        words="The cursor of an earlier list of calls, for the calls before those.", longest=1_000
    ),
    "version": Whole(
        words="Version of the settings that were read; others may have saved since.",
        whence="reading the settings gives it",
        lowest=0,
        highest=10**12,
        default=0,
    ),
    "changes": Table(
        words="What to change, by key, like phone.outbound.deny; null takes a key out, and its "
        "default holds."
    ),
    "settings": Table(
        words="All settings as tables, like moltis.toml; they take the place of those there are."
    ),
    "secrets": Table(words="Secrets to keep, by key, like phone.twilio.auth_token."),
    "keys": Keys(words="Keys of the secrets to take away, like phone.twilio.auth_token."),
    "name": Text(words="What to call it, for people.", shortest=1, longest=60),
    "scope": Text(
        words="What it is good for: read lets one look, write do everything.",
        longest=10,
        choices=tuple(Scope),
        default=Scope.READ,
    ),
    "id": Text(
        words="Id of an access token.",
        whence="the list of tokens gives it",
        shortest=1,
        longest=40,
    ),
}
"""A name means the same wherever it is used."""


@dataclass(frozen=True, slots=True)
class Takes:
    """Which parameters something takes."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, those that are required first."""
        return self.required + self.optional

    def check(self, params: Params) -> None:
        """Refuse *params* if anything in them is not as it should be.

        Raises:
            InvalidParamsError: something is not; every fault is named.
        """
        unknown = [
            Fault(_shown(name), f"unknown; known are {', '.join(sorted(self.names))}")
            for name in params
            if name not in self.names
        ]
        missing = [
            Fault(name, "; ".join(filter(None, ("is missing", PARAMETERS[name].whence))))
            for name in self.required
            if name not in params
        ]
        wrong = [
            Fault(name, reason)
            for name in self.names
            if name in params and (reason := PARAMETERS[name].fault(params[name]))
        ]
        if unknown or missing or wrong:
            raise InvalidParamsError(*missing, *wrong, *unknown)

    def schema(self) -> Schema:
        """Describe them as an object in JSON Schema."""
        return {
            "type": "object",
            "properties": {name: PARAMETERS[name].schema() for name in self.names},
            "required": list(self.required),
            "additionalProperties": False,
        }


STATUS: Final = Takes(optional=("call_id",))
ORDER: Final = Takes(
    ("to",),
    ("message", "mode", "account", "idempotency_key", "language", "voice", "tts_provider"),
)
"""What is needed most stands first: some descriptions have room for a few."""
END: Final = Takes(("call_id",))
SPEAK: Final = Takes(("call_id", "message"))
DTMF: Final = Takes(("call_id", "digits"))
HISTORY: Final = Takes(optional=("account", "limit", "cursor"))
SEARCH: Final = Takes(
    optional=(*HISTORY.optional, "search", "direction", "state", "began_from", "began_before")
)
LIST: Final = Takes(optional=("search", *HISTORY.optional))
FOLLOW: Final = Takes(("call_id",), ("since",))
NOTHING: Final = Takes()
SAVE: Final = Takes(("version", "changes"))
IMPORT: Final = Takes(("settings",), ("version",))
STORE_SECRETS: Final = Takes(("secrets",))
REMOVE_SECRETS: Final = Takes(("keys",))
CREATE_TOKEN: Final = Takes(("name",), ("scope",))
REVOKE_TOKEN: Final = Takes(("id",))
AUDIT: Final = Takes(optional=("limit", "cursor"))
OF_PERSON: Final = Takes(("number",), ("cursor",))
OF_ACCOUNT: Final = Takes(optional=("account",))
TEST_CREDENTIALS: Final = Takes(optional=("account", "credentials", "api_base_url"))
WAIT: Final = Takes(("call_id",), ("since", "until", "timeout_secs"))


def is_unicode(text: str) -> bool:
    """Whether *text* is free of halves of characters, which JSON can spell and UTF-8 cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _shown(name: str) -> str:
    """Show *name*, which anybody may have sent, so that it can be shown."""
    short = name if len(name) <= LONGEST_NAME_SHOWN else f"{name[:LONGEST_NAME_SHOWN]}…"
    return short.encode(errors="backslashreplace").decode()
