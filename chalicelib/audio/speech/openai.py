"""Asks for speech by OpenAI's interface, which many servers have: `/audio/speech`.

https://platform.openai.com/docs/api-reference/audio/createSpeech
"""

from contextlib import closing
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import requests

from chalicelib import internet
from chalicelib.audio.containers import LARGEST, Encoding, Raw, read
from chalicelib.audio.speech.base import PATIENCE_SECS, SpeechEngine, checked_text
from chalicelib.calls.terms import SpeechKind, SpeechSettings
from chalicelib.errors import AudioError, SpeechError
from chalicelib.overriding import override

if TYPE_CHECKING:
    from chalicelib.audio.samples import Sound

DEFAULT_BASE_URL: Final = "https://api.openai.com/v1"
DEFAULT_MODEL: Final = "gpt-4o-mini-tts"
"""What OpenAI itself speaks with until 2027-01-06; then all its models of this endpoint end.

There is no successor to put here: the one that is recommended, `gpt-realtime-2.1-mini`, is none of
`/audio/speech`. Other servers go on, and `model` names theirs.
https://developers.openai.com/api/docs/deprecations
https://developers.openai.com/api/docs/guides/text-to-speech
"""
DEFAULT_VOICE: Final = "alloy"
CONNECT_SECS: Final = 3.05
SAMPLES: Final = Raw(Encoding.PCM16, 24_000)
"""What `pcm` means there; a server that sends a WAV is understood too."""


class OpenAISpeech(SpeechEngine):
    """A model behind `/audio/speech`; the key goes there and nowhere else."""

    kind = SpeechKind.OPENAI

    def __init__(self, settings: SpeechSettings, api_key: str) -> None:
        self._base_url = (settings.base_url or DEFAULT_BASE_URL).rstrip("/")
        self._model = settings.model or DEFAULT_MODEL
        self._voice = settings.voice or DEFAULT_VOICE
        self._auth = internet.Bearer(api_key) if api_key else None
        if not internet.is_safe(self._base_url):
            message = "base_url must begin with https:// (http:// on loopback only)"
            raise SpeechError(message)

    @override
    def speak(self, text: str, *, language: str) -> "Sound":
        # The language is in the text; there is no other way to tell it.
        del language
        host = urlsplit(self._base_url).hostname
        try:
            with closing(self._ask(checked_text(text))) as response:
                if response.status_code >= HTTPStatus.MULTIPLE_CHOICES:
                    raise SpeechError(self._refusal(host, response.status_code))
                content = b"".join(
                    internet.pieces(response, most_bytes=LARGEST, within_secs=PATIENCE_SECS)
                )
            return read(content, SAMPLES)
        except requests.Timeout:
            message = f"the speech server at {host} did not answer in time"
        except requests.RequestException:
            # What `requests` says holds the whole address.
            message = f"the speech server at {host} cannot be reached"
        except internet.BrokenOffError as error:
            message = f"the speech server at {host} {error}"
        except AudioError as error:
            message = f"the speech server at {host} gave no speech: {error}"
        raise SpeechError(message) from None

    def _refusal(self, host: str | None, status: int) -> str:
        named = "; set phone.tts.model" if self._model == DEFAULT_MODEL else ""
        return f"the speech server at {host} refused with {status}{named}"

    def _ask(self, text: str) -> requests.Response:
        return internet.session().post(
            f"{self._base_url}/audio/speech",
            json={
                "model": self._model,
                "voice": self._voice,
                "input": text,
                "response_format": "pcm",
            },
            auth=self._auth,
            headers={"Accept": "application/octet-stream, audio/*", "Accept-Encoding": "identity"},
            timeout=(CONNECT_SECS, PATIENCE_SECS),
            allow_redirects=False,
            stream=True,
        )
