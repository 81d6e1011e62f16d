"""Answers by hand-written rules: no model, no network, and no pretence of understanding."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import groupby
from typing import Final

from chalicelib.agents.base import Agent
from chalicelib.calls.call import Direction
from chalicelib.calls.replies import EndCall, Piece, Speak
from chalicelib.calls.transcript import Conversation, Kind, Line, Speaker
from chalicelib.overriding import override


class _Asked(Enum):
    """What we asked last, and so what a bare yes or no answers."""

    MESSAGE = auto()
    HELP = auto()
    DAY = auto()
    TIME = auto()
    RIGHT = auto()
    MORE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Talk:
    """Where the conversation stands, and what we say next.

    `message` is what we called to say, `last` the latest words of ours, `day` and `time` what
    the far end wishes for.
    """

    asked: _Asked
    message: str
    last: str
    reply: tuple[Piece, ...]
    day: str = ""
    time: str = ""

    @property
    def wish(self) -> str:
        return f"{self.day} {self.time}"

    @property
    def is_about_a_date(self) -> bool:
        return bool(_DATE_WORDS.search(self.message) or _DAY.search(self.message.lower()))


_Rule = Callable[[_Talk, str], _Talk]

_HOUR: Final = (
    r"(?:1[0-2]|0?[1-9]|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
    r"(?! (?:moment|second|sec|minute)s?\b)"
)
_CLOCK: Final = (
    rf"(?:(?:half|quarter|five|ten|twenty|\d\d?) (?:past|to) {_HOUR}"
    rf"|{_HOUR}[ :](?:[0-5]\d|fifteen|twenty|thirty|forty(?:[ -]five)?)|{_HOUR})\b"
)
_DAYTIME: Final = r"(?:in the (?:morning|afternoon|evening)|at night)\b"
_NTH: Final = (
    r"(?:\d\d?(?:st|nd|rd|th)|(?:(?:twenty|thirty)[ -])?(?:first|second|third|fourth|fifth|sixth"
    r"|seventh|eighth|ninth)|tenth|eleventh|twelfth|(?:thir|four|fif|six|seven|eigh|nine)teenth"
    r"|twentieth|thirtieth)"
)
_WEEKDAY: Final = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_MONTH: Final = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
)
_DAY: Final = re.compile(
    r"\b(?:today|tonight|(?:the )?day after tomorrow|tomorrow|next week"
    rf"|(?:(?:this|next) )?{_WEEKDAY}"
    rf"|{_MONTH} (?:the )?(?:{_NTH}|\d\d?)|(?:the )?{_NTH} of {_MONTH}"
    rf"|the {_NTH}(?! (?:one|time)\b))\b"
)
_TIME: Final = re.compile(
    rf"\b(?:(?:at )?{_CLOCK} ?(?:[ap]m\b|o'?clock\b|{_DAYTIME})|[0-2]?\d:[0-5]\d\b|at {_CLOCK}"
    rf"|(?:half|quarter) (?:past|to) {_HOUR}\b|noon\b|midday\b|{_DAYTIME}"
    r"|(?<!good )(?:morning|afternoon|evening)\b)"
)
_BARE_TIME: Final = re.compile(rf"{_TIME.pattern}|\b{_CLOCK}")
_NAMES: Final = re.compile(rf"\b(?:{_WEEKDAY}|{_MONTH})\b")
_DATE_WORDS: Final = re.compile(
    r"(?i)\b(?:appointment|book|reserv|table|meeting|visit|check-?up|interview|lesson|deliver"
    r"|confirm|reschedul|o'clock)"
)
_OFFERS_HELP: Final = re.compile(r"(?i)\b(?:how (?:can|may|could) (?:i|we) help|do for you)\b")
_REFUSES: Final = re.compile(r"\b(?:not|cannot|\w+n't)\b")
_BYE: Final = re.compile(
    r"\b(?:good ?bye|bye|hang up|that's all|that is all|that will be all|nothing (?:else|more)"
    r"|i'm (?:done|finished)|stop calling|leave me alone|see you|have a (?:nice|good|great)"
    r"|(?<!yes )that's it)\b"
)
_AGAIN: Final = re.compile(
    r"\b(?:pardon|say (?:that |it )?again|repeat|come again|once more|what did you say"
    r"|what was that|(?:didn't|did not|couldn't|can't|cannot) (?:hear|catch|understand))\b"
    r"|^(?:what|sorry|excuse me|huh)$"
)
_PERSON: Final = re.compile(
    r"\b(?:speak|talk|put me through|connect me)\b.*"
    r"\b(?:human|person|someone|somebody|agent|operator)\b"
)
_ROBOT: Final = re.compile(
    r"\b(?:robot|bot|human|ai|a i|artificial|computer|automated|machine|recording)\b"
    r"|\b(?:are|is|am|you)\b.*\b(?:real|person|program|alive)\b"
    r"|\bwho (?:is|are|am)\b|\bwho's\b|\byour name\b"
)
_CANCEL: Final = re.compile(r"\bcancel")
_OTHER_TIME: Final = re.compile(r"\b(?:another|different|other|better|change the) time\b")
_OTHER_DAY: Final = re.compile(
    r"\b(?:mov(?:e|ing)|re-?schedul|postpone|change|shift|push|instead|rather|prefer|better"
    r"|later|earlier|(?:another|other|different) (?:day|date)|(?:how|what) about"
    r"|(?:book|make|arrange|schedule) (?:an?|my|the|another)\b"
    r"|(?:need|want|like) (?:an?|another) (?:new )?"
    r"(?:appointment|booking|reservation|table|meeting|visit))"
)
_WAIT: Final = re.compile(
    r"\b(?:don't know|not sure|no idea|wait|hold on|(?:one|just a) (?:moment|second|minute)"
    r"|let me (?:see|think|check))\b"
)
_HELLO: Final = re.compile(r"^(?:hello|hi|hey|good (?:morning|afternoon|evening))(?: there)?$")
_QUESTION: Final = re.compile(
    r"^(?:what|when|where|why|which|how|is (?:it|that|this)|do (?:i|you)|does"
    r"|(?:are|can|could|will|would) you)\b"
)
_NO_PROBLEM: Final = re.compile(r"\bno problem\b")
_NO: Final = re.compile(r"\b(?:no|nope|nah|not|never|wrong|cannot|\w+n't)\b")
_CONFIRM: Final = re.compile(r"\bconfirm")
_YES: Final = re.compile(
    r"\b(?:yes|yeah|yep|yup|sure|ok(?:ay)?|correct|right|of course|absolutely|definitely"
    r"|certainly|fine|good|works|perfect|great|exactly|agreed|i do|i will|i'll be there"
    r"|please do|go ahead|uh-huh|mm-hmm|that's it)\b"
)
_THANKS: Final = re.compile(r"\bthank")

_MORE: Final = "Is there anything else?"
_CAN: Final = "I can confirm an appointment, or note another day for it. What would you like?"
_KEY_NAMES: Final = {"*": "star", "#": "pound"}


class OfflineAgent(Agent):
    """A few rules that can confirm or move an appointment; the conversation is all they know.

    They go through the whole conversation each time, so that the same one has the same reply.
    """

    @override
    def reply(self, conversation: Conversation) -> Iterator[Piece]:
        talk = _begin(conversation)
        for line in _utterances(conversation.lines):
            talk = _hear(talk, line) if line.speaker is Speaker.USER else _note(talk, line)
        yield from talk.reply


def _begin(conversation: Conversation) -> _Talk:
    call = conversation.call
    opening = call.opening.strip()
    calls_with_message = call.direction is Direction.OUTBOUND and not _OFFERS_HELP.search(opening)
    message = opening if calls_with_message else ""
    asked = _Asked.MESSAGE if message else _Asked.HELP
    first = opening or _CAN
    return _Talk(asked=asked, message=message, last=first, reply=(Speak(first),))


def _utterances(lines: Iterable[Line]) -> Iterator[Line]:
    """Give *lines*, and what the far end said without a word of ours in between as one."""
    for whose, some in groupby(lines, key=lambda line: (line.speaker, line.kind)):
        said = list(some)
        if whose == (Speaker.USER, Kind.SPEECH):
            yield replace(said[0], text=" ".join(line.text for line in said))
        else:
            yield from said


def _note(talk: _Talk, line: Line) -> _Talk:
    return replace(talk, last=line.text) if line.kind is Kind.SPEECH else talk


def _hear(talk: _Talk, line: Line) -> _Talk:
    if line.kind is Kind.DTMF:
        return _hear_keys(talk, line.text)
    said = _plain(line.text)
    rule = next((rule for pattern, rule in _RULES if pattern.search(said)), _lost)
    dated = None if rule in _DEAF_TO_DATES else _dated(talk, said)
    if dated is None or (talk.asked is _Asked.MESSAGE and _speaks_of_message(talk, dated, rule)):
        return rule(talk, said)
    return _ask_on(dated)


def _hear_keys(talk: _Talk, keys: str) -> _Talk:
    if keys == "1":
        return _yes(talk, "")
    if keys == "2":
        return _no(talk, "")
    names = [_KEY_NAMES.get(key, key) for key in keys]
    heard = (
        f"keys {', '.join(names[:-1])} and {names[-1]}" if names[1:] else f"key {''.join(names)}"
    )
    return _say(talk, f"I heard the {heard}. Press 1 for yes, or 2 for no.")


def _plain(text: str) -> str:
    """Lower case, one space between words, and of the punctuation only what times need."""
    said = text.lower().replace("\u2019", "'")
    said = re.sub(r"\b([ap])\. ?m\b\.?", r"\1m", said)
    said = re.sub(r"(\d)([ap]m)\b", r"\1 \2", said)
    return " ".join(re.sub(r"[^\w:' -]", " ", said).split())


def _dated(talk: _Talk, said: str) -> _Talk | None:
    """The same talk with the day and time that *said* adds to it; nothing if it adds none."""
    days = _DAY.findall(said)
    times = [
        found[0] for found in (_BARE_TIME if talk.asked is _Asked.TIME else _TIME).finditer(said)
    ]
    refused = bool((days or times) and _REFUSES.search(said))
    if refused:
        # "Friday does not work": the first one named is the one that is not wanted.
        kept = replace(talk, day="" if days else talk.day, time="" if times else talk.time)
        days, times = days[1:], times[1:]
    else:
        kept = talk
    day = _day(days[-1]) if days else kept.day
    time = _time(times[-1]) if times else kept.time
    dated = replace(kept, day=day, time=time)
    return dated if refused or dated.wish != talk.wish else None


def _day(found: str) -> str:
    return _NAMES.sub(lambda name: name[0].capitalize(), found)


def _time(found: str) -> str:
    time = re.sub(r"^at (?!night)", "", found)
    if time in {"morning", "afternoon", "evening"}:
        return f"in the {time}"
    if re.match(_DAYTIME, time):
        return time
    return "at " + re.sub(r"\b[ap]m\b", lambda half: half[0].upper(), time)


def _speaks_of_message(talk: _Talk, dated: _Talk, rule: _Rule) -> bool:
    """Whether the day that was named is the message's own, and no wish for another."""
    return rule is _ask or (rule in {_yes, _confirm} and dated.day.lower() in talk.message.lower())


def _ask_on(talk: _Talk) -> _Talk:
    """Ask for whatever is missing to the wish; when nothing is, whether we got it right."""
    if not talk.day:
        return _say(replace(talk, asked=_Asked.DAY), "All right. Which day would suit you?")
    if not talk.time:
        day = talk.day[0].upper() + talk.day[1:]
        return _say(
            replace(talk, asked=_Asked.TIME), f"{day}, all right. What time would suit you?"
        )
    return _say_question(replace(talk, asked=_Asked.RIGHT), "")


def _yes(talk: _Talk, _said: str) -> _Talk:
    settled = _settled(talk)
    if settled:
        return _say(replace(talk, asked=_Asked.MORE), f"{settled} {_MORE}")
    if talk.asked in {_Asked.HELP, _Asked.MORE}:
        return _say(replace(talk, asked=_Asked.HELP), f"All right. {_CAN}")
    return _say_question(talk, "Gladly.")


def _settled(talk: _Talk) -> str:
    """What a yes settles, if anything."""
    if talk.asked is _Asked.RIGHT:
        return f"Done, I have noted {talk.wish}."
    if talk.asked is _Asked.MESSAGE:
        noted = "that is confirmed" if talk.is_about_a_date else "I have noted your yes"
        return f"Thank you, {noted}."
    return ""


def _confirm(talk: _Talk, said: str) -> _Talk:
    if talk.asked is _Asked.RIGHT:
        return _yes(talk, said)
    kept = replace(talk, asked=_Asked.MORE, day="", time="")
    return _say(kept, f"Thank you, that is confirmed. {_MORE}")


def _no(talk: _Talk, said: str) -> _Talk:
    if talk.asked in {_Asked.DAY, _Asked.TIME}:
        kept = replace(talk, asked=_Asked.MORE, day="", time="")
        return _say(kept, f"All right, then everything stays as it is. {_MORE}")
    if talk.asked is _Asked.RIGHT or (talk.asked is _Asked.MESSAGE and talk.is_about_a_date):
        return _move(talk, said)
    return _bye(talk, said)


def _move(talk: _Talk, _said: str) -> _Talk:
    return _ask_on(replace(talk, day="", time=""))


def _retime(talk: _Talk, _said: str) -> _Talk:
    return _ask_on(replace(talk, time=""))


def _cancel(talk: _Talk, _said: str) -> _Talk:
    kept = replace(talk, asked=_Asked.MORE, day="", time="")
    return _say(kept, f"I cannot cancel it, but I have noted that you want to. {_MORE}")


def _bye(talk: _Talk, said: str) -> _Talk:
    agrees = _YES.search(said) or _CONFIRM.search(said)
    settled = _settled(talk) if agrees else ""
    text = f"{settled or 'Thank you.'} Goodbye."
    return replace(talk, reply=(Speak(text), EndCall()))


def _thanks(talk: _Talk, said: str) -> _Talk:
    return (
        _bye(talk, said) if talk.asked is _Asked.MORE else _say_question(talk, "You are welcome.")
    )


def _again(talk: _Talk, _said: str) -> _Talk:
    return _say(talk, talk.last)


def _is_robot(talk: _Talk, _said: str) -> _Talk:
    words = "I am a robot: a small computer program with a few fixed rules, not a human being."
    return _say_question(talk, words)


def _wants_person(talk: _Talk, _said: str) -> _Talk:
    words = "I am a computer program, and there is nobody whom I could put you through to."
    return _say_question(talk, words)


def _greet(talk: _Talk, _said: str) -> _Talk:
    return _say_question(talk, "Yes, I am here.")


def _wait(talk: _Talk, _said: str) -> _Talk:
    return _say_question(talk, "Take your time.")


def _ask(talk: _Talk, said: str) -> _Talk:
    if talk.asked is _Asked.MESSAGE:
        return _say_question(talk, "I am a simple program, and know no more than I was told.")
    if not talk.message:
        return _lost(talk, said)
    return _say_question(talk, f"All that I know is this: {talk.message}")


def _lost(talk: _Talk, _said: str) -> _Talk:
    return _say_question(talk, "I am sorry, I am a simple program and cannot answer that.")


def _say_question(talk: _Talk, words: str) -> _Talk:
    questions = {
        _Asked.MESSAGE: f"My message is this: {talk.message}",
        _Asked.HELP: _CAN,
        _Asked.DAY: "Which day would suit you?",
        _Asked.TIME: "What time would suit you?",
        _Asked.RIGHT: f"So that is {talk.wish}. Is that right?",
        _Asked.MORE: _MORE,
    }
    return _say(talk, f"{words} {questions[talk.asked]}".strip())


def _say(talk: _Talk, text: str) -> _Talk:
    return replace(talk, reply=(Speak(text),))


_RULES: Final[tuple[tuple[re.Pattern[str], _Rule], ...]] = (
    (_BYE, _bye),
    (_AGAIN, _again),
    (_PERSON, _wants_person),
    (_ROBOT, _is_robot),
    (_CANCEL, _cancel),
    (_OTHER_TIME, _retime),
    (_OTHER_DAY, _move),
    (_WAIT, _wait),
    (_HELLO, _greet),
    (_QUESTION, _ask),
    (_NO_PROBLEM, _yes),
    (_NO, _no),
    (_CONFIRM, _confirm),
    (_YES, _yes),
    (_THANKS, _thanks),
)
"""The first pattern that is found decides; none of them: `_lost`."""
_DEAF_TO_DATES: Final = frozenset({_bye, _again, _wants_person, _is_robot, _cancel})
