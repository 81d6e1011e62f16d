"""The voice of one account: what it plays, and where its carrier finds it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.accounts.account import Account
from chalicelib.audio.sealed import seal
from chalicelib.audio.voice import Voice
from chalicelib.calls.callbacks import audio_url
from chalicelib.calls.sounds import SoundFormat, Utterance
from chalicelib.calls.terms import SpeechKind
from chalicelib.calls.verbs import Manner
from chalicelib.overriding import override

if TYPE_CHECKING:
    from chalicelib.audio.aloud import Aloud


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountVoice(Voice):
    """Speaks for *account* in what its carrier plays.

    What *aloud* and *key* give is looked for only where an engine is to speak; nothing means that
    the deployment has no place for sounds.
    """

    account: Account
    plays: SoundFormat
    aloud: Callable[[], "Aloud | None"]
    key: Callable[[], str]
    now: Callable[[], datetime]

    @override
    def sound_of(self, manner: Manner, text: str, *, within_secs: float = 0.0) -> str:
        if manner.speech.provider is SpeechKind.CARRIER or not text.strip():
            return ""
        aloud, key = self.aloud(), self.key()
        if aloud is None or not key:
            log.warning("speech falls back to the carrier's voice", reason="no place for sounds")
            return ""
        utterance = Utterance(
            text=text, language=manner.language, speech=manner.speech, format=self.plays
        )
        if not aloud.has(utterance, within_secs=within_secs):
            return ""
        name = seal(utterance, account=self.account.account_id, key=key, now=self.now())
        return audio_url(self.account.webhook_url, self.account.account_id, name)
