"""The answer to one turn: taken from the agent, and kept part by part before it is spoken."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from chalicelib import log, metrics
from chalicelib.actions.acts import check_act
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.next_words import words
from chalicelib.actions.spoken import phrases
from chalicelib.actions.voiced import PATIENCE_SECS, voiced
from chalicelib.agents.base import Agent
from chalicelib.calls.call import Call
from chalicelib.calls.replies import EndCall
from chalicelib.calls.transcript import Conversation, Line, Speaker, Timing
from chalicelib.calls.verbs import Manner
from chalicelib.errors import AgentError
from chalicelib.metrics import Metric
from chalicelib.store.turns import Reply

if TYPE_CHECKING:
    from chalicelib.actions.think import Words

MOST_FAILURES: Final = 3
"""After so many turns in a row without a reply the call ends."""


class Answering:
    """Asks the agent at once; then `wait` and `keep`, turn about, until there is no more."""

    def __init__(
        self,
        conversation: Conversation,
        *,
        webhook_at: datetime,
        understood_at: datetime | None = None,
        exchange: Exchange,
        agent_of: Callable[[Call], Agent],
    ) -> None:
        # What makes plain speech of a reply is not for webhooks, which only apologise.
        from chalicelib.actions.think import Thinking  # noqa: PLC0415

        self._webhook_at = webhook_at
        self._understood_at = understood_at
        self._asked_at = exchange.now()
        self._call = conversation.call
        self._exchange = exchange
        self._thinking = Thinking(
            lambda: agent_of(conversation.call).reply(conversation),
            check=partial(check_act, call=conversation.call, exchange=exchange),
            now=exchange.now,
        )
        self._words: Words | None = None
        self._audio = ""
        self._failed = False
        self._part = 0

    def wait(self, *, until: float, together_until: float = 0.0) -> bool:
        """Have the next words; say whether they were there at *until*, on the monotonic clock."""
        try:
            self._words = self._thinking.take(until=until, together_until=together_until)
        except AgentError as error:
            log.warning("agent failed", call_id=self._call.call_id, reason=str(error))
            self.apologise()
            return True
        if self._words is None:
            return False
        # Meanwhile the agent thinks on.
        self._audio = self._exchange.voice.sound_of(
            Manner.of(self._call), self._words.text, within_secs=PATIENCE_SECS
        )
        return True

    def apologise(self) -> None:
        """Let the next words be the last, and an apology."""
        from chalicelib.actions.think import Words  # noqa: PLC0415

        self._thinking.give_up()
        self._failed = True
        line = apology(self._call, exchange=self._exchange)
        self._words = Words(line.text, line.act, more=False, at=line.at)
        self._audio = line.audio

    def keep(self, *, told: bool = False) -> Line | None:
        """Keep the words that are there; nothing comes back when they have come too late."""
        if self._words is None:
            message = "there are no words to keep"
            raise RuntimeError(message)
        taken, self._words = self._words, None
        self._part += 1
        now = self._exchange.now()
        line = Line(
            speaker=Speaker.BOT,
            text=taken.text,
            at=now,
            timing=self._timing(taken, now) if self._part == 1 else None,
            act=taken.act,
            part=self._part,
            more=taken.more,
            audio=self._audio,
        )
        kept = keep_part(self._call, line, told=told, failed=self._failed, exchange=self._exchange)
        if not kept:
            self._thinking.give_up()
            return None
        if line.timing and not self._failed:
            self._measure(line.timing)
        return line

    def _measure(self, timing: Timing) -> None:
        heard_at = timing.understood_at or timing.webhook_at
        metrics.write(
            "turn answered",
            {
                Metric.TURN_LATENCY: _msecs(timing.sent_at - heard_at),
                Metric.AGENT_LATENCY: _msecs(timing.first_at - timing.asked_at),
            },
            agent=self._exchange.agent_settings(self._call).kind,
        )

    def _timing(self, first: "Words", now: datetime) -> Timing:
        return Timing(
            understood_at=self._understood_at,
            webhook_at=self._webhook_at,
            asked_at=self._asked_at,
            first_at=first.at,
            sent_at=now,
        )


def apology(call: Call, *, exchange: Exchange) -> Line:
    """What is said to a turn of *call* without a reply: after some in a row, a goodbye."""
    sentences, gives_up = phrases(call.language), call.failures + 1 >= MOST_FAILURES
    line = Line(
        speaker=Speaker.BOT,
        text=sentences.trouble if gives_up else sentences.apology,
        at=exchange.now(),
        act=EndCall() if gives_up else None,
        part=1,
    )
    return voiced(line, call, exchange=exchange)


def keep_part(
    call: Call, line: Line, *, told: bool = False, failed: bool = False, exchange: Exchange
) -> bool:
    """Keep *line* as a part of the answer to the turn of *call*; say whether it counts."""
    reply = Reply(
        line=line,
        heard=call.heard,
        given=exchange.provider.utterances(words(line, Manner.of(call))),
        speaking=call.reports_speech,
        told=told,
        failed=failed,
    )
    if line.part > 1:
        kept = exchange.calls.go_on(call.call_id, call.turn + 1, reply)
    else:
        kept = exchange.calls.reply(call.call_id, call.turn, reply) == line
    if kept and failed:
        log.warning(
            "turn without a reply",
            call_id=call.call_id,
            turn=call.turn,
            **metrics.of({Metric.AGENT_FAILURES: 1}, agent=exchange.agent_settings(call).kind),
        )
    return kept


def cut_short(call: Call, *, exchange: Exchange) -> Line:
    """End the reply that opened the turn of *call*, of which no more parts come, by an apology."""
    line = replace(apology(call, exchange=exchange), part=call.parts + 1)
    asked = replace(call, turn=call.turn - 1)
    keep_part(asked, line, failed=True, exchange=exchange)
    return line


def _msecs(took: timedelta) -> float:
    # Two clocks may disagree by a little; nothing takes less than no time.
    return max(0.0, round(1000 * took.total_seconds(), 1))
