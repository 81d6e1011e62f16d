"""Carries out TwiML documents in one call, verb by verb, as Twilio does."""

from typing import ClassVar, Final, NoReturn

from chalicelib.overriding import override
from moltis.carriers.attention import Ear
from moltis.carriers.document_runner import (
    CONFIDENCE,
    DIAL_STATUS,
    END_OF_SPEECH_SECS,
    CallOverError,
    Runner,
    Source,
    seconds,
)
from moltis.carriers.exchange import Pairs
from moltis.carriers.line import Sound
from moltis.carriers.second_leg import Outcome
from moltis.carriers.sound_files import OTHER_TYPES, WAV_TYPES
from moltis.carriers.twilio_documents import read
from moltis.carriers.xml_documents import DocumentError, Verb

APPLICATION_ERROR: Final = "We are sorry. An application error has occurred. Goodbye."
DEFAULT_TIMEOUT_SECS: Final = 5
DIAL_RING_SECS: Final = 30
LONGEST_DIAL_SECS: Final = 14400
OK: Final = "200"
"""What SIP calls a call that was answered."""


class TwilioRunner(Runner):
    """Carries out TwiML."""

    content_types: ClassVar[frozenset[str]] = frozenset(
        {"text/xml", "application/xml", "text/html"}
    )
    sound_types: ClassVar[frozenset[str]] = WAV_TYPES | OTHER_TYPES.keys()

    @override
    def _read(self, document: bytes) -> tuple[Verb, ...]:
        return read(document)

    @override
    def _fail(self, source: Source, error: DocumentError) -> NoReturn:
        self._desk.pick_up()
        self._attention.say(APPLICATION_ERROR)
        raise CallOverError("completed", OK)

    @override
    def _run_all(self, verbs: tuple[Verb, ...], source: Source) -> Source:
        if verbs and verbs[0].name == "Reject":
            self._reject(verbs[0])
        if verbs and verbs[0].name == "Pause" and self._call.answered_at is None:
            # A pause that comes first delays the answer.
            self._attention.pass_time(seconds(verbs[0], "length", 1))
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
        raise CallOverError("completed", OK)

    def _run(self, verb: Verb, source: Source) -> Source | None:
        match verb.name:
            case "Gather":
                return self._gather(verb, source)
            case "Dial":
                return self._dial(verb)
            case "Redirect":
                return Source(url=verb.text, method=verb.get("method", "POST"))
            case "Hangup":
                raise CallOverError("completed", OK)
            case "Play" if "digits" in verb.attributes:
                for _ in range(int(verb.get("loop", "1")) or 1000):
                    self.send_digits(verb.get("digits"))
            case _:
                self._prompt(verb, None)
        return None

    def _dial(self, verb: Verb) -> Source | None:
        outcome, talked_secs = self._put_through(
            verb, ring_secs=DIAL_RING_SECS, longest_secs=LONGEST_DIAL_SECS
        )
        if "action" not in verb.attributes:
            return None
        fields: Pairs = (("DialCallStatus", DIAL_STATUS[outcome]),)
        if outcome is Outcome.TALKED:
            fields = (*fields, ("DialCallDuration", str(talked_secs)))
        return Source(url=verb.get("action"), method=verb.get("method", "POST"), fields=fields)

    def _reject(self, verb: Verb) -> NoReturn:
        if self._call.answered_at is not None:
            message = "<Reject> is of no use in a call that is answered already"
            raise DocumentError(message)
        busy = verb.get("reason", "rejected") == "busy"
        raise CallOverError("busy", "486") if busy else CallOverError("no-answer", "603")

    def _prompt(self, verb: Verb, ear: Ear | None) -> bool:
        match verb.name:
            case "Pause":
                return self._attention.sound(Sound.SILENCE, "", seconds(verb, "length", 1), ear)
            case "Say":
                return self._speak(verb, ear)
            case _:
                return self._play(verb, ear)

    def _gather(self, verb: Verb, source: Source) -> Source | None:
        ear = Ear(
            speech="speech" in verb.get("input", "dtmf"),
            keys="dtmf" in verb.get("input", "dtmf"),
            finish_on=verb.get("finishOnKey", "#"),
            most_keys=int(verb.get("numDigits", "0")),
        )
        during_prompts = ear if verb.get("bargeIn", "true") == "true" else None
        caught = any(self._prompt(prompt, during_prompts) for prompt in verb.children)
        timeout = seconds(verb, "timeout", DEFAULT_TIMEOUT_SECS)
        self._listen(
            ear,
            timeout=timeout,
            between_keys=timeout,
            after_words=_end_of_speech(verb),
            caught=caught,
        )
        if not ear.caught and verb.get("actionOnEmptyResult", "false") == "false":
            return None
        return Source(
            url=verb.get("action") or source.url,
            method=verb.get("method", "POST"),
            fields=_result(ear),
        )


def _end_of_speech(verb: Verb) -> float:
    if verb.get("speechTimeout") == "auto":
        return END_OF_SPEECH_SECS
    return seconds(verb, "speechTimeout", seconds(verb, "timeout", DEFAULT_TIMEOUT_SECS))


def _result(ear: Ear) -> Pairs:
    if ear.words:
        return (("SpeechResult", " ".join(ear.words)), ("Confidence", CONFIDENCE))
    if ear.caught:
        return (("Digits", ear.digits), ("FinishedOnKey", ear.finished_by))
    return ()
