"""What a model thinks aloud before it speaks; nobody is to hear it."""

import re
from typing import Final

_NAMES: Final = r"(?:think(?:ing)?|thoughts?|reason(?:ing)?|reflection|scratchpad|analysis)"
_BLOCKS: Final = (
    (rf"<{_NAMES}(?:\s[^<>]*)?>", rf"</{_NAMES}\s*>"),
    (r"\[THINK\]", r"\[/THINK\]"),
    (r"◁think▷", r"◁/think▷"),
    (r"<\|channel\|>(?:analysis|commentary)[^<]*<\|message\|>", r"<\|(?:end|call|return)\|>"),
)
"""How thoughts begin and end, by the habits of the models that have them."""
_OPENER: Final = re.compile("|".join(f"({opener})" for opener, _ in _BLOCKS), re.IGNORECASE)
_CLOSERS: Final = tuple(re.compile(closer, re.IGNORECASE) for _, closer in _BLOCKS)
_UNOPENED: Final = re.compile(
    "^.*(?:" + "|".join(closer for _, closer in _BLOCKS[:3]) + ")", re.IGNORECASE | re.DOTALL
)
_BEGINNING: Final = re.compile(r"[<\[◁][^\]◁▷\n]{0,60}$")
"""What may become the mark of a block with the next piece."""
_LONGEST_MARK: Final = 64


class Aloud:
    """Lets through what is to be heard of a text that comes in pieces."""

    def __init__(self) -> None:
        self._held = ""
        self._closer: re.Pattern[str] | None = None

    def add(self, piece: str) -> str:
        """Give what is certainly to be heard, now that *piece* has come."""
        self._held += piece
        heard: list[str] = []
        while True:
            if self._closer is None and not self._open(heard):
                break
            if self._closer is not None and not self._close(self._closer):
                break
        return "".join(heard)

    def rest(self) -> str:
        """Give what is left when nothing more comes."""
        left = "" if self._closer else self._held
        self._held, self._closer = "", None
        return left

    def _open(self, heard: list[str]) -> bool:
        found = _OPENER.search(self._held)
        if found:
            heard.append(self._held[: found.start()])
            self._held = self._held[found.end() :]
            self._closer = _CLOSERS[(found.lastindex or 1) - 1]
            return True
        beginning = _BEGINNING.search(self._held)
        certain = beginning.start() if beginning else len(self._held)
        heard.append(self._held[:certain])
        self._held = self._held[certain:]
        return False

    def _close(self, closer: re.Pattern[str]) -> bool:
        found = closer.search(self._held)
        if found:
            self._held = self._held[found.end() :]
            self._closer = None
            return True
        self._held = self._held[-_LONGEST_MARK:]
        return False


def without_thoughts(text: str) -> str:
    """Give *text* without what is thought aloud in it, also where only one mark of it is there.

    Some models leave the opening mark to their server, and so write only the closing one.
    """
    aloud = Aloud()
    heard = aloud.add(text) + aloud.rest()
    return _UNOPENED.sub("", heard)
