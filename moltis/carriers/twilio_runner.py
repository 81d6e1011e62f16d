"""Carries out TwiML documents in one call, verb by verb, as Twilio does."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, NoReturn

from moltis.carriers.attention import Attention, Ear, FarEndLeftError, OrderedError
from moltis.carriers.courier import Answer, Delivery, DeliveryError
from moltis.carriers.exchange import Pairs
from moltis.carriers.line import Order, Sound, speaking_time
from moltis.carriers.record import SimulatedCall, Webhook
from moltis.carriers.sound_files import SoundError, seconds_of
from moltis.carriers.twilio_documents import read
from moltis.carriers.xml_documents import DocumentError, Verb

APPLICATION_ERROR: Final = "We are sorry. An application error has occurred. Goodbye."
CONTENT_TYPES: Final = frozenset({"text/xml", "application/xml", "text/html"})
CONFIDENCE: Final = "0.93"
DEFAULT_TIMEOUT_SECS: Final = 5
END_OF_SPEECH_SECS: Final = 0.7
"""The silence after which speechTimeout=auto takes a sentence for finished."""
TONE_SECS: Final = 0.2
DIGIT_PAUSES: Final = {"w": 0.5, "W": 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a document comes from: an address with the fields to send, or the text itself."""

    url: str = ""
    method: str = "POST"
    fields: Pairs = ()
    twiml: str = ""


@dataclass(frozen=True, slots=True)
class TakesDocument(Order):
    """The call is to leave what it is doing and carry out another document."""

    source: Source


class CallOverError(Exception):
    """The call ends, and why: *status* is Twilio's word for it."""

    def __init__(self, status: str, sip_code: str = "200") -> None:
        super().__init__(status)
        self.status = status
        self.sip_code = sip_code


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


class Runner:
    """Carries out one document after the other until the call is over."""

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

    def _carry_out(self, source: Source) -> Source:
        try:
            verbs = read(self._fetch(source))
            return self._run_all(verbs, source)
        except DocumentError as error:
            self._call.alerts.append(f"{source.url or 'the inline document'}: {error}")
        if self._fallback is not None:
            fallback, self._fallback = self._fallback, None
            return fallback
        self._desk.pick_up()
        self._attention.say(APPLICATION_ERROR)
        raise CallOverError("completed")

    def _fetch(self, source: Source) -> bytes:
        if source.twiml:
            return source.twiml.encode()
        request = self._desk.request(source)
        answer = self._ask(request, source.fields)
        if answer.status != HTTPStatus.OK:
            # Twilio follows redirects, but loses the fields of the form on the way.
            message = f"answered with status {answer.status} instead of 200"
            raise DocumentError(message)
        if answer.content_type not in CONTENT_TYPES:
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
            raise DocumentError(str(error)) from error
        self._note(request.url, form, answer.status, answer.body.decode(errors="replace"))
        return answer

    def _note(self, url: str, form: Pairs, status: int, body: str) -> None:
        self._call.documents.append(Webhook(url=url, form=form, status=status, body=body))

    def _run_all(self, verbs: tuple[Verb, ...], source: Source) -> Source:
        if verbs and verbs[0].name == "Reject":
            self._reject(verbs[0])
        if verbs and verbs[0].name == "Pause" and self._call.answered_at is None:
            # A pause that comes first delays the answer.
            self._attention.pass_time(_seconds(verbs[0], "length", 1))
            verbs = verbs[1:]
        if verbs and verbs[0].name != "Redirect":
            self._desk.pick_up()
        for verb in verbs:
            # Whoever hung up or ordered something meanwhile goes before the next verb.
            self._attention.pass_time(0)
            following = self._run(verb, source)
            if following is not None:
                return following
        self._call.alerts.append(f"{source.url or 'inline'}: the document ran out of verbs")
        raise CallOverError("completed")

    def _run(self, verb: Verb, source: Source) -> Source | None:
        match verb.name:
            case "Gather":
                return self._gather(verb, source)
            case "Redirect":
                return Source(url=verb.text, method=verb.get("method", "POST"))
            case "Hangup":
                raise CallOverError("completed")
            case "Play" if "digits" in verb.attributes:
                for _ in range(_loops(verb)):
                    self.send_digits(verb.get("digits"))
            case _:
                self._prompt(verb, None)
        return None

    def _reject(self, verb: Verb) -> NoReturn:
        if self._call.answered_at is not None:
            message = "<Reject> is of no use in a call that is answered already"
            raise DocumentError(message)
        busy = verb.get("reason", "rejected") == "busy"
        raise CallOverError("busy", "486") if busy else CallOverError("no-answer", "603")

    def _prompt(self, verb: Verb, ear: Ear | None) -> bool:
        """Let the far end hear *verb*; true when *ear* caught something meanwhile."""
        match verb.name:
            case "Pause":
                return self._attention.sound(Sound.SILENCE, "", _seconds(verb, "length", 1), ear)
            case "Say":
                sound, seconds = Sound.SPEECH, speaking_time(verb.text)
            case _:
                sound, seconds = Sound.AUDIO, self._load(verb.text)
        return any(
            self._attention.sound(sound, verb.text, seconds, ear) for _ in range(_loops(verb))
        )

    def _load(self, url: str) -> float:
        answer = self._ask(Delivery(url=url, method="GET"), ())
        if answer.status != HTTPStatus.OK:
            message = f"<Play> {url}: answered with status {answer.status}"
            raise DocumentError(message)
        try:
            seconds = seconds_of(answer.body, answer.content_type)
        except SoundError as error:
            message = f"<Play> {url}: {error}"
            raise DocumentError(message) from error
        self._call.audio[url] = answer.body
        return seconds

    def send_digits(self, digits: str) -> None:
        """Let the far end hear *digits*; `w` and `W` are pauses."""
        heard = digits.replace("w", "").replace("W", "")
        seconds = sum(DIGIT_PAUSES.get(digit, TONE_SECS) for digit in digits)
        self._attention.sound(Sound.KEYS, heard, seconds)

    def _gather(self, verb: Verb, source: Source) -> Source | None:
        ear = Ear(
            speech="speech" in verb.get("input", "dtmf"),
            keys="dtmf" in verb.get("input", "dtmf"),
            finish_on=verb.get("finishOnKey", "#"),
            most_keys=int(verb.get("numDigits", "0")),
        )
        during_prompts = ear if verb.get("bargeIn", "true") == "true" else None
        caught = any(self._prompt(prompt, during_prompts) for prompt in verb.children)
        self._listen(verb, ear, caught=caught)
        if not ear.caught and verb.get("actionOnEmptyResult", "false") == "false":
            return None
        return Source(
            url=verb.get("action") or source.url,
            method=verb.get("method", "POST"),
            fields=_result(ear),
        )

    def _listen(self, verb: Verb, ear: Ear, *, caught: bool) -> None:
        far_end = self._call.far_end
        timeout = _seconds(verb, "timeout", DEFAULT_TIMEOUT_SECS) * far_end.slowness
        if not caught:
            far_end.gets_turn()
            caught = self._attention.pass_time(timeout, ear)
        while caught and ear.words:
            caught = self._attention.pass_time(speaking_time(ear.words[-1]), ear)
            if not caught:
                caught = self._attention.pass_time(_end_of_speech(verb), ear)
        while caught and not ear.keys_done:
            caught = self._attention.pass_time(timeout, ear)


def _end_of_speech(verb: Verb) -> float:
    if verb.get("speechTimeout") == "auto":
        return END_OF_SPEECH_SECS
    return _seconds(verb, "speechTimeout", _seconds(verb, "timeout", DEFAULT_TIMEOUT_SECS))


def _result(ear: Ear) -> Pairs:
    if ear.words:
        return (("SpeechResult", " ".join(ear.words)), ("Confidence", CONFIDENCE))
    if ear.caught:
        return (("Digits", ear.digits), ("FinishedOnKey", ear.finished_by))
    return ()


def _seconds(verb: Verb, name: str, default: int) -> int:
    return int(verb.get(name, str(default)))


def _loops(verb: Verb) -> int:
    # 0 is for ever, which at Twilio is a thousand times.
    return int(verb.get("loop", "1")) or 1000
