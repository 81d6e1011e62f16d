"""Carries out documents in one call, verb by verb; each carrier adds its own verbs."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar, Final, NoReturn

from moltis.carriers.attention import Attention, Ear, FarEndLeftError, OrderedError
from moltis.carriers.courier import Answer, Delivery, DeliveryError
from moltis.carriers.exchange import Pairs
from moltis.carriers.line import Order, Sound, speaking_time
from moltis.carriers.record import SimulatedCall, Webhook
from moltis.carriers.second_leg import Outcome, SecondLeg
from moltis.carriers.sound_files import SoundError, seconds_of
from moltis.carriers.xml_documents import DocumentError, Verb

CONFIDENCE: Final = "0.93"
END_OF_SPEECH_SECS: Final = 0.7
"""The silence after which a carrier that decides for itself takes a sentence for finished."""
TONE_SECS: Final = 0.2
DIAL_STATUS: Final = {
    Outcome.TALKED: "completed",
    Outcome.BUSY: "busy",
    Outcome.REJECTED: "busy",
    Outcome.FAILED: "failed",
    Outcome.UNANSWERED: "no-answer",
}
"""What both carriers call what became of a second call.
https://www.twilio.com/docs/voice/twiml/dial#dialcallstatus-values
https://docs.plivo.com/docs/voice/use-cases/dial-status-reporting-xml"""
DIGIT_PAUSES: Final = {"w": 0.5, "W": 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a document comes from: an address with the fields to send, or the text itself.

    *purpose* is the carrier's word for why the document is asked for.
    """

    url: str = ""
    method: str = "POST"
    fields: Pairs = ()
    text: str = ""
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class TakesDocument(Order):
    """The call is to leave what it is doing and carry out another document."""

    source: Source


class UnreachableError(DocumentError):
    """There is no document: nobody answered, or with something else."""


class CallOverError(Exception):
    """The call ends, and why: *status* is the carrier's word for it, *code* its number."""

    def __init__(self, status: str, code: str) -> None:
        super().__init__(status)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a runner needs of the call that it works for."""

    call: SimulatedCall
    attention: Attention
    request: Callable[[Source], Delivery]
    """Makes the signed request for a document."""
    pick_up: Callable[[], None]
    """Answers the call, if it is not answered yet."""
    fallback: Source | None = None
    times: Callable[[], int] = lambda: 1
    """How often each request is delivered."""


class Runner(ABC):
    """Carries out one document after the other until the call is over."""

    content_types: ClassVar[frozenset[str]]
    """What a document may be served as."""
    sound_types: ClassVar[frozenset[str]]
    """What a sound file may be served as."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._call = desk.call
        self._attention = desk.attention
        self._fallback = desk.fallback

    def run(self, source: Source) -> NoReturn:
        """Carry out the document of *source* and all that follow; ends with `CallOverError`."""
        while True:
            try:
                source = self._carry_out(source)
            except OrderedError as error:
                if not isinstance(error.order, TakesDocument):
                    raise
                source = error.order.source

    def send_digits(self, digits: str) -> None:
        """Let the far end hear *digits*; `w` and `W` are pauses."""
        self._attention.sound(Sound.KEYS, audible(digits), pressing_time(digits))

    @abstractmethod
    def _read(self, document: bytes) -> tuple[Verb, ...]:
        """Read a document in the carrier's language."""

    @abstractmethod
    def _run_all(self, verbs: tuple[Verb, ...], source: Source) -> Source:
        """Carry out *verbs*, which came from *source*; gives what follows them."""

    @abstractmethod
    def _fail(self, source: Source, error: DocumentError) -> NoReturn:
        """End the call, for nothing is left to be carried out."""

    def _carry_out(self, source: Source) -> Source:
        try:
            return self._run_all(self._read(self._fetch(source)), source)
        except DocumentError as error:
            self._call.alerts.append(f"{source.url or 'the inline document'}: {error}")
            instead = self._instead_of(source)
            if instead is None:
                self._fail(source, error)
        return instead

    def _instead_of(self, source: Source) -> Source | None:
        """What is carried out because *source* cannot be, if anything; once in a call."""
        del source
        fallback, self._fallback = self._fallback, None
        return fallback

    def _fetch(self, source: Source) -> bytes:
        if source.text:
            return source.text.encode()
        if not source.url:
            message = "nobody is named who could be asked what to do"
            raise UnreachableError(message)
        answer = self._ask(self._desk.request(source), source.fields)
        if answer.status != HTTPStatus.OK:
            # Carriers may follow redirects, but lose the fields of the form on the way.
            message = f"answered with status {answer.status} instead of 200"
            raise UnreachableError(message)
        if answer.content_type not in self.content_types:
            message = f"answered with content type {answer.content_type!r} instead of text/xml"
            raise DocumentError(message)
        return answer.body

    def _ask(self, request: Delivery, form: Pairs) -> Answer:
        try:
            answer = self._attention.ask(request, times=self._desk.times())
        except (OrderedError, FarEndLeftError):
            self._note(request.url, form, 0, "nobody waited for the answer")
            raise
        except DeliveryError as error:
            self._note(request.url, form, 0, str(error))
            raise UnreachableError(str(error)) from error
        self._note(request.url, form, answer.status, answer.body.decode(errors="replace"))
        return answer

    def _note(self, url: str, form: Pairs, status: int, body: str) -> None:
        self._call.documents.append(Webhook(url=url, form=form, status=status, body=body))

    def _speak(self, verb: Verb, ear: Ear | None) -> bool:
        """Let the far end hear the words of *verb*; true when *ear* caught something meanwhile."""
        return self._sound(Sound.SPEECH, verb, speaking_time(verb.text), ear)

    def _play(self, verb: Verb, ear: Ear | None) -> bool:
        """Let the far end hear the sound file of *verb*, as `_speak` does."""
        return self._sound(Sound.AUDIO, verb, self._load(verb), ear)

    def _sound(self, sound: Sound, verb: Verb, seconds: float, ear: Ear | None) -> bool:
        # 0 is for ever, which is a thousand times.
        loops = int(verb.get("loop", "1")) or 1000
        return any(self._attention.sound(sound, verb.text, seconds, ear) for _ in range(loops))

    def _put_through(self, verb: Verb, *, ring_secs: int, longest_secs: int) -> tuple[Outcome, int]:
        """Connect the far end with the number in *verb*; gives how it went, and for how long."""
        call, clock = self._call, self._attention.line.clock
        number, caller = verb.children[0].text, verb.get("callerId", call.our_number)
        if caller not in {call.from_number, call.to_number}:
            call.alerts.append(f"<Dial> shows {caller}, which is no number of this account")
            return Outcome.FAILED, 0
        leg = SecondLeg(self._attention.line, call.who_answers(number))
        call.second_legs.append(leg.line)
        try:
            refused = leg.ring(
                caller,
                number,
                seconds=seconds(verb, "timeout", ring_secs),
                pause=self._attention.pass_time,
            )
            if refused:
                return refused, 0
            begun = clock.now()
            leg.talk(self._attention, seconds=seconds(verb, "timeLimit", longest_secs))
            return Outcome.TALKED, round(clock.now() - begun)
        finally:
            leg.end()

    def _load(self, verb: Verb) -> float:
        url = verb.text
        answer = self._ask(Delivery(url=url, method="GET"), ())
        if answer.status != HTTPStatus.OK:
            message = f"<Play> {url}: answered with status {answer.status}"
            raise DocumentError(message)
        if answer.content_type not in self.sound_types:
            message = f"<Play> {url}: {answer.content_type!r} is no type of sound that is played"
            raise DocumentError(message)
        try:
            seconds = seconds_of(answer.body, answer.content_type)
        except SoundError as error:
            message = f"<Play> {url}: {error}"
            raise DocumentError(message) from error
        self._call.audio[url] = answer.body
        return seconds

    def _listen(
        self, ear: Ear, *, timeout: float, between_keys: float, after_words: float, caught: bool
    ) -> None:
        """Wait until *ear* has caught all that the far end has to say, or *timeout* is over."""
        far_end = self._call.far_end
        if not caught:
            far_end.gets_turn()
            caught = self._attention.pass_time(timeout * far_end.slowness, ear)
        while caught and ear.words:
            caught = self._attention.pass_time(speaking_time(ear.words[-1]), ear)
            if not caught:
                caught = self._attention.pass_time(after_words, ear)
        while caught and not ear.keys_done:
            caught = self._attention.pass_time(between_keys * far_end.slowness, ear)


def seconds(verb: Verb, name: str, default: int) -> int:
    """The attribute *name*, in seconds."""
    return int(verb.get(name, str(default)))


def audible(digits: str) -> str:
    """What is heard of *digits*."""
    return "".join(digit for digit in digits if digit not in DIGIT_PAUSES)


def pressing_time(digits: str) -> float:
    """How many seconds *digits* take."""
    return sum(DIGIT_PAUSES.get(digit, TONE_SECS) for digit in digits)
