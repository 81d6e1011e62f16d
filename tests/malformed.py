"""Questions that are wrong in one place, and which place that is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import assume
from hypothesis import strategies as st

from chalicelib.parameters import LONGEST_NAME_SHOWN, PARAMETERS, Takes
from chalicelib.tool.definition import ACTIONS

Json = dict[str, Any]

_SCALARS: Final = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["", "911", "+1911", "\ud83d", "x" * 5_000, "+" * 50, "null", "0"])
)
JSON: Final = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)
GOOD: Final[Mapping[str, Any]] = {
    "call_id": "6f1c1f8e-6f0b-4d4f-9a53-3f6f9a0f7c11",
    "to": "+15559870199",
    "message": "Hello.",
    "mode": "notify",
    "account": "twilio",
    "idempotency_key": "once",
    "language": "en-GB",
    "voice": "female",
    "tts_provider": "carrier",
    "digits": "1ww2#",
    "since": "1-0d8f3a11-52be90aa",
    "until": "change",
    "timeout_secs": 1,
    "limit": 1,
    "search": "0199",
    "direction": "outbound",
    "state": "completed",
    "began_from": "2026-03-02T12:00:00Z",
    "began_before": "2026-03-03T12:00:00Z",
    "cursor": "",
}
"""A value for each parameter that would do."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """Something that is asked, and the one field in it that is wrong."""

    asked: Json
    field: str

    @property
    def shown(self) -> str:
        """The field as an error may show it: short, and as text that can be shown."""
        return self.field[:LONGEST_NAME_SHOWN].encode(errors="backslashreplace").decode()


@st.composite
def params_of(draw: st.DrawFn, takes: Takes) -> Malformed:
    """Parameters for something that *takes* others."""
    good = {name: GOOD[name] for name in takes.names}
    kind = draw(st.sampled_from(["missing", "wrong", "unknown"]))
    if kind == "missing" and takes.required:
        name = draw(st.sampled_from(takes.required))
        return Malformed({key: value for key, value in good.items() if key != name}, name)
    if kind == "unknown" or not takes.names:
        name = draw(st.text() | st.sampled_from(["number", "\ud83d", "n" * 300]))
        assume(name not in (*takes.names, "action"))
        return Malformed({**good, name: draw(JSON)}, name)
    name = draw(st.sampled_from(takes.names))
    value = draw(JSON)
    assume(PARAMETERS[name].fault(value))
    return Malformed({**good, name: value}, name)


@st.composite
def questions(draw: st.DrawFn) -> Malformed:
    """A question to the tool."""
    action = draw(st.sampled_from(list(ACTIONS.values())))
    if draw(st.integers(0, 9)) == 0:
        wrong = draw(JSON)
        assume(not isinstance(wrong, str) or wrong not in ACTIONS)
        return Malformed({"action": wrong, "to": GOOD["to"]}, "action")
    found = draw(params_of(action.takes))
    return Malformed({"action": action.name, **found.asked}, found.field)


def is_wrong_as_text(wrong: Malformed) -> bool:
    """Whether *wrong* stays wrong where every value is text, and an empty one is none."""
    value = wrong.asked.get(wrong.field)
    return not (isinstance(value, str) and (value == "" or re.fullmatch(r"-?\d+", value)))
