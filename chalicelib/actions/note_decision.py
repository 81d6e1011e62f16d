"""Write down that somebody asked for a call, and whether it was to be."""

from secrets import token_hex
from typing import Final

from chalicelib import log, metrics
from chalicelib.accounts.audit import Asker, AuditEntry, Topic
from chalicelib.actions.exchange import Exchange
from chalicelib.errors import LimitReachedError, PolicyError, UnsupportedFeatureError
from chalicelib.metrics import Metric

ALLOWED: Final = "call allowed"
REFUSED: Final = "call refused"

Refusal = PolicyError | LimitReachedError | UnsupportedFeatureError


def decision(action: str, by: Asker, exchange: Exchange, **facts: str) -> AuditEntry:
    """Write down what was decided, by which rule, on what *by* asked."""
    return AuditEntry(
        entry_id=token_hex(8),
        at=exchange.now(),
        topic=Topic.CALLS,
        action=action,
        who=by.who,
        facts={"door": by.door, "account": exchange.account.account_id, **facts},
    )


def note_refusal(refusal: Refusal, by: Asker, exchange: Exchange, **facts: str) -> None:
    """Keep that a call was refused, and why."""
    told = {"rule": _rule(refusal), "reason": str(refusal)}
    exchange.audit.append(decision(REFUSED, by, exchange, **facts, **told))
    account = exchange.account.account_id
    known = metrics.of({Metric.CALLS_REFUSED: 1}, rule=_kind(refusal, account))
    log.info("call refused", account=account, **known)


def _rule(refusal: Refusal) -> str:
    if isinstance(refusal, UnsupportedFeatureError):
        return f"what the carrier can do: {refusal.feature}"
    return refusal.rule


def _kind(refusal: Refusal, account_id: str) -> str:
    """The rule without what is somebody's own: metrics must be few."""
    if isinstance(refusal, UnsupportedFeatureError):
        return "unsupported"
    return "not_ready" if refusal.rule == f"phone.{account_id}" else refusal.rule
