"""Carries out Plivo XML in one call, element by element, as Plivo does."""

from typing import ClassVar, Final, NoReturn
from uuid import uuid4

from chalicelib.overriding import override
from moltis.carriers.attention import Ear
from moltis.carriers.document_call import End
from moltis.carriers.document_runner import (
    CONFIDENCE,
    DIAL_STATUS,
    END_OF_SPEECH_SECS,
    CallOverError,
    Runner,
    Source,
    UnreachableError,
    audible,
    seconds,
)
from moltis.carriers.exchange import Pairs
from moltis.carriers.line import EndsCall, Sound, speaking_time
from moltis.carriers.plivo_documents import read
from moltis.carriers.second_leg import Outcome
from moltis.carriers.sound_files import WAV_TYPES
from moltis.carriers.xml_documents import DocumentError, Verb

ATTEMPTS: Final = 3
"""How often the answer address is asked before the fallback is."""
DEFAULT_LISTENING_SECS: Final = 15
BETWEEN_KEYS_SECS: Final = 2
MOST_KEYS: Final = "32"
HOLD_MUSIC: Final = "hold music"
MIN_SILENCE_MSECS: Final = 2000

DIAL_RING_SECS: Final = 120
LONGEST_DIAL_SECS: Final = 14400
NORMAL: Final = "4000"
NOTHING_LEFT: Final = "4010"
_PURPOSES: Final = ("answer", "action", "transfer", "redirect")
_UNREACHABLE: Final = dict(zip(_PURPOSES, ("7011", "7012", "7013", "7014"), strict=True))
_INVALID: Final = dict(zip(_PURPOSES, ("8011", "8012", "8013", "8014"), strict=True))
_REFUSALS: Final = {"rejected": ("no-answer", "3020"), "busy": ("busy", "3010")}


class PlivoRunner(Runner):
    """Carries out Plivo XML."""

    content_types: ClassVar[frozenset[str]] = frozenset({"text/xml", "application/xml"})
    sound_types: ClassVar[frozenset[str]] = WAV_TYPES | {"audio/mpeg"}

    @override
    def _read(self, document: bytes) -> tuple[Verb, ...]:
        return read(document)

    @override
    def _fetch(self, source: Source) -> bytes:
        left = ATTEMPTS if source.purpose == "answer" else 1
        while True:
            try:
                document = super()._fetch(source)
                read(document)
            except DocumentError:
                left -= 1
                if not left:
                    raise
            else:
                return document

    @override
    def _instead_of(self, source: Source) -> Source | None:
        return super()._instead_of(source) if source.purpose == "answer" else None

    @override
    def _fail(self, source: Source, error: DocumentError) -> NoReturn:
        codes = _UNREACHABLE if isinstance(error, UnreachableError) else _INVALID
        answered = self._call.answered_at is not None
        raise CallOverError(
            "completed" if answered else "failed", codes.get(source.purpose, codes["answer"])
        )

    @override
    def _run_all(self, verbs: tuple[Verb, ...], source: Source) -> Source:
        if verbs and "reason" in verbs[0].attributes:
            self._refuse(verbs[0])
        if verbs and verbs[0].name == "Wait" and self._call.answered_at is None:
            # A wait that comes first delays the answer.
            self._attention.pass_time(seconds(verbs[0], "length", 1))
            verbs = verbs[1:]
        if verbs and verbs[0].name != "Redirect":
            self._desk.pick_up()
        for verb in verbs:
            # Whoever hung up or ordered something meanwhile goes before the next element.
            self._attention.pass_time(0)
            following = self._run(verb)
            if following is not None:
                return following
        self._call.alerts.append(f"{source.url}: the document ran out of elements")
        raise CallOverError("completed", NOTHING_LEFT)

    def _run(self, verb: Verb) -> Source | None:
        match verb.name:
            case "GetInput":
                return self._get_input(verb)
            case "Dial":
                return self._dial(verb)
            case "Redirect":
                return Source(url=verb.text, method=verb.get("method", "POST"), purpose="redirect")
            case "Hangup":
                self._hang_up(verb)
            case "DTMF" if verb.get("async", "true") == "true":
                # What comes next begins while the keys are still being pressed.
                line = self._attention.line
                line.heard(line.sounds(Sound.KEYS, audible(verb.text), 0))
            case "DTMF":
                self.send_digits(verb.text)
            case "Wait":
                self._wait(verb)
            case _:
                self._prompt(verb, None)
        return None

    def _dial(self, verb: Verb) -> Source | None:
        outcome, _ = self._put_through(
            verb, ring_secs=DIAL_RING_SECS, longest_secs=LONGEST_DIAL_SECS
        )
        if "action" not in verb.attributes:
            return None
        was_reached = outcome is Outcome.TALKED
        action = Source(
            url=verb.get("action"),
            method=verb.get("method", "POST"),
            fields=(
                ("DialRingStatus", "false" if outcome is Outcome.FAILED else "true"),
                ("DialStatus", DIAL_STATUS[outcome]),
                ("DialHangupCause", "NORMAL_CLEARING" if was_reached else "NO_ANSWER"),
                ("DialALegUUID", self._call.sid),
                ("DialBLegUUID", str(uuid4()) if was_reached else ""),
            ),
            purpose="dial",
        )
        if verb.get("redirect", "true") == "true":
            return action
        self._ask(self._desk.request(action), action.fields)
        return None

    def _refuse(self, verb: Verb) -> NoReturn:
        if self._call.answered_at is not None:
            message = f"<Hangup reason={verb.get('reason')!r}> comes too late: it was answered"
            raise DocumentError(message)
        raise CallOverError(*_REFUSALS[verb.get("reason")])

    def _hang_up(self, verb: Verb) -> None:
        if "reason" in verb.attributes:
            self._refuse(verb)
        if "schedule" not in verb.attributes:
            raise CallOverError("completed", NORMAL)
        self._attention.line.put(EndsCall(End.TIME_LIMIT), after=seconds(verb, "schedule", 0))

    def _wait(self, verb: Verb) -> None:
        longest = seconds(verb, "length", 1)
        if verb.get("silence", "false") == "false":
            self._attention.sound(Sound.AUDIO, HOLD_MUSIC, longest)
            return
        line = self._attention.line
        line.heard(line.sounds(Sound.SILENCE, "", longest))
        end = line.clock.now() + longest
        quiet = int(verb.get("minSilence", str(MIN_SILENCE_MSECS))) / 1000
        while (left := end - line.clock.now()) > 0:
            ear = Ear(speech=True, keys=False)
            if not self._attention.pass_time(min(quiet, left), ear):
                return
            self._attention.pass_time(speaking_time(ear.words[-1]))

    def _prompt(self, verb: Verb, ear: Ear | None) -> bool:
        return self._speak(verb, ear) if verb.name == "Speak" else self._play(verb, ear)

    def _get_input(self, verb: Verb) -> Source | None:
        ear = Ear(
            speech="speech" in verb.get("inputType"),
            keys="dtmf" in verb.get("inputType"),
            finish_on=verb.get("finishOnKey", "#").removesuffix("none"),
            most_keys=int(verb.get("numDigits", MOST_KEYS)),
        )
        caught = any(self._prompt(prompt, ear) for prompt in verb.children)
        self._listen(
            ear,
            timeout=seconds(verb, "executionTimeout", DEFAULT_LISTENING_SECS),
            between_keys=_patience(verb, "digitEndTimeout", BETWEEN_KEYS_SECS),
            after_words=_patience(verb, "speechEndTimeout", END_OF_SPEECH_SECS),
            caught=caught,
        )
        if not ear.caught:
            # Silence asks nobody: what stands behind is carried out.
            return None
        action = Source(
            url=verb.get("action"),
            method=verb.get("method", "POST"),
            fields=_result(ear),
            purpose="action",
        )
        if verb.get("redirect", "true") == "true":
            return action
        self._ask(self._desk.request(action), action.fields)
        return None


def _patience(verb: Verb, name: str, automatic: float) -> float:
    return automatic if verb.get(name, "auto") == "auto" else seconds(verb, name, 0)


def _result(ear: Ear) -> Pairs:
    return (
        ("InputType", "speech" if ear.words else "dtmf"),
        ("Digits", ear.digits),
        ("Speech", " ".join(ear.words)),
        ("SpeechConfidenceScore", CONFIDENCE if ear.words else "0.0"),
        ("BilledAmount", "0.02000" if ear.words else "0.00000"),
    )
