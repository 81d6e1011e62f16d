"""JSON lines: a fixed event name and facts beside it; no full telephone number leaves here."""

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, TextIO

from chalicelib.overriding import override

_LOGGER: Final = logging.getLogger("moltis_phone")
_FACTS: Final = "moltis_facts"
METRICS: Final = "_aws"
"""The fact that says which others are metrics, as JSON: `chalicelib.metrics` gives it."""
# With its plus sign, or as some carriers write it: bare digits that stand for themselves.
_NUMBER: Final = re.compile(r"(?:\+|%2B)\d{3,11}(\d{4})|(?<![\w.:-])\d{7,11}(\d{4})(?![\w.:-])")


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, _FACTS, {}),
        }
        metrics = line.pop(METRICS, "")
        if record.exc_info:
            line["error"] = "".join(traceback.format_exception(*record.exc_info))
        text = _NUMBER.sub(_masked, json.dumps(line, default=str, ensure_ascii=False))
        if not metrics:
            return text
        # Behind the masks: a time in milliseconds looks like a telephone number.
        at = int(record.created * 1000)
        return f'{text[:-1]}, "{METRICS}": {{"Timestamp": {at}, "CloudWatchMetrics": {metrics}}}}}'


def set_up(stream: TextIO | None = None) -> None:
    """Send our lines to *stream*, or else to standard error, where Lambda picks them up."""
    if _LOGGER.handlers and stream is None:
        return
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    _LOGGER.handlers = [handler]
    _LOGGER.setLevel(logging.INFO)
    _LOGGER.propagate = False


@contextmanager
def about(**facts: object) -> Iterator[dict[str, object]]:
    """Have every line that is written meanwhile tell *facts*, too; more may be added to them."""
    known = {**_known.get(), **facts}
    before = _known.set(known)
    try:
        yield known
    finally:
        _known.reset(before)


def _told(facts: Mapping[str, object]) -> dict[str, object]:
    return {_FACTS: {**_known.get(), **facts}}


_known: Final[ContextVar[Mapping[str, object]]] = ContextVar("known", default=MappingProxyType({}))


def info(event: str, **facts: object) -> None:
    """Note that *event* happened."""
    _LOGGER.info(event, extra=_told(facts))


def warning(event: str, **facts: object) -> None:
    """Note that *event* happened and somebody should look."""
    _LOGGER.warning(event, extra=_told(facts))


def error(event: str, **facts: object) -> None:
    """Note that *event* went wrong, with the traceback of the error being handled."""
    _LOGGER.error(event, exc_info=sys.exc_info(), extra=_told(facts))


def _masked(number: re.Match[str]) -> str:
    return f"…{number[1] or number[2]}"
