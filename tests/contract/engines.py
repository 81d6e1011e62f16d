import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import botocore.session
import pytest
from openai.types.audio import SpeechCreateParams
from pydantic import TypeAdapter, ValidationError

from chalicelib.audio.containers import Encoding, encoded
from chalicelib.audio.speech import registry
from chalicelib.audio.speech.base import SpeechEngine
from chalicelib.calls.terms import SpeechKind, SpeechSettings
from chalicelib.overriding import override
from tests.contract.agents import objections_to
from tests.model_server import Answers, Asked, Dialect, Fails, Json, ModelServer, Move
from tests.sound import sine

KEY: Final = "sk-speech-key"
LETTERS_PER_SECOND: Final = 15


def spoken(text: str, rate: int) -> bytes:
    """What stands for *text* read aloud: a tone, as long as reading takes."""
    return encoded(sine(400, rate, secs=len(text) / LETTERS_PER_SECOND), Encoding.PCM16)


class Samples(Dialect):
    """A server that answers with bare samples, bit by bit."""

    stream_type = "audio/pcm"

    def __init__(self, rate: int, base_path: str = "") -> None:
        self._rate = rate
        self.base_path = base_path  # type: ignore[misc]  # two servers, one way of writing

    @override
    def wants_stream(self, asked: Asked) -> bool:
        return True

    @override
    def whole(self, move: Answers) -> Json | str:
        raise NotImplementedError

    @override
    def events(self, move: Answers) -> list[bytes]:
        body = spoken(move.text, self._rate)
        return [body[at : at + 4_800] for at in range(0, len(body), 4_800)]

    @override
    def refusal(self, move: Fails) -> tuple[Mapping[str, str], Json]:
        code, message = str(move.error.get("code")), str(move.error.get("message"))
        return {"x-amzn-ErrorType": code}, {"error": dict(move.error), "message": message}


class EngineCase(ABC):
    """All that the contract's tests know about one engine."""

    kind: ClassVar[SpeechKind]
    secrets: ClassVar[tuple[str, ...]] = (KEY,)

    def engine(self, server_url: str = "", **changes: Any) -> SpeechEngine:
        settings = SpeechSettings(provider=self.kind, **self.address(server_url) | changes)
        return registry.build(settings, KEY)

    def address(self, server_url: str) -> dict[str, str]:
        """The setting that says where the server is, if it is one."""
        del server_url
        return {}

    def environment(self, server_url: str) -> Mapping[str, str]:
        """The variables that say where the server is, if they do."""
        del server_url
        return {}


class ServedCase(EngineCase):
    """An engine that is asked over HTTP."""

    dialect: ClassVar[Dialect]

    def serve(self, *script: Move) -> ModelServer:
        return ModelServer(*script, otherwise=lambda _: Answers("Yes."), dialect=self.dialect)

    @abstractmethod
    def words(self, asked: Asked) -> str:
        """What it was asked to read aloud."""

    @abstractmethod
    def voice(self, asked: Asked) -> str:
        """Whom it was asked for."""

    @abstractmethod
    def objections(self, asked: Asked) -> list[str]:
        """What the vendor's own types find wrong with what was asked."""


class OpenAICase(ServedCase):
    kind = SpeechKind.OPENAI
    dialect = Samples(24_000, "/v1")
    _request: Final = TypeAdapter(SpeechCreateParams)

    @override
    def address(self, server_url: str) -> dict[str, str]:
        return {"base_url": server_url}

    @override
    def words(self, asked: Asked) -> str:
        return str(asked.body["input"])

    @override
    def voice(self, asked: Asked) -> str:
        return str(asked.body["voice"])

    @override
    def objections(self, asked: Asked) -> list[str]:
        try:
            self._request.validate_json(json.dumps(asked.body), strict=True)
        except ValidationError as error:
            return [str(fault) for fault in error.errors()]
        return []


class PollyCase(ServedCase):
    kind = SpeechKind.POLLY
    dialect = Samples(16_000)
    secrets = ("testing-secret",)

    @override
    def environment(self, server_url: str) -> Mapping[str, str]:
        return {"AWS_ENDPOINT_URL_POLLY": server_url, "AWS_SECRET_ACCESS_KEY": "testing-secret"}

    @override
    def words(self, asked: Asked) -> str:
        return str(asked.body["Text"])

    @override
    def voice(self, asked: Asked) -> str:
        return str(asked.body["VoiceId"])

    @override
    def objections(self, asked: Asked) -> list[str]:
        service = botocore.session.get_session().get_service_model("polly")
        shape = service.operation_model("SynthesizeSpeech").input_shape
        wrong = [objections_to(asked.body, shape)]
        wrong += [
            f"{name}: {asked.body[name]} is none of {member.enum}"
            for name, member in shape.members.items()
            if getattr(member, "enum", None)
            and asked.body.get(name, member.enum[0]) not in member.enum
        ]
        return [fault for fault in wrong if fault]


class EspeakCase(EngineCase):
    kind = SpeechKind.ESPEAK


class CarrierCase(EngineCase):
    kind = SpeechKind.CARRIER


CASES: Final[tuple[EngineCase, ...]] = (CarrierCase(), PollyCase(), OpenAICase(), EspeakCase())
SPEAKING: Final = tuple(case for case in CASES if case.kind is not SpeechKind.CARRIER)
SERVED: Final = tuple(case for case in CASES if isinstance(case, ServedCase))
every_engine = pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.kind))
every_speaking_engine = pytest.mark.parametrize("case", SPEAKING, ids=lambda case: str(case.kind))
every_served_engine = pytest.mark.parametrize("case", SERVED, ids=lambda case: str(case.kind))
