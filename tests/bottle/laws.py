"""What always holds of our calls, whatever happened; each law says what is wrong, or nothing."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from chalicelib.actions.spoken import ENGLISH
from chalicelib.calls.call import Call, may_become
from chalicelib.calls.transcript import Line
from tests.bottle.carrier import CarrierCall
from tests.bottle.documents import DocumentCarrier
from tests.bottle.world import Memory, World

Token = tuple[str, str]
TROUBLE: Final = ("bot", ENGLISH.trouble)


@dataclass(slots=True)
class Watch:
    """Looks at the world after every step, and remembers how it was."""

    seen: dict[str, Call] = field(default_factory=dict)
    looked_at: tuple[int, int] = (-1, -1)
    tolerated: frozenset[int] = frozenset()
    """Answers of ours that are bad, and allowed while something is broken."""

    def check(self, world: World) -> None:
        done = (len(world.effects.names), len(world.answers))
        if done == self.looked_at:
            return
        self.looked_at = done
        memory = world.memory
        calls = memory.calls
        broken = [
            *_dialled_twice(world),
            *self._went_back(calls),
            *_miscounted(memory),
            *_answered_badly(world, self.tolerated),
            *_misheard(world, memory),
            *self._ended_for_nothing(world, calls),
        ]
        _expect_none(broken)
        self.seen = {call.call_id: call for call in calls}

    def _ended_for_nothing(self, world: World, calls: Iterable[Call]) -> Iterator[str]:
        """Tell of conversations that we hung up on though nobody wanted their end."""
        for call in calls:
            before = self.seen.get(call.call_id)
            theirs = world.carrier.calls.get(call.provider_call_id)
            was_over = before is not None and before.state.is_final
            if theirs is None or not theirs.told_to_end or TROUBLE in theirs.words or was_over:
                continue
            if call.converses and call.end_requested is None:
                yield f"{call.call_id} was ended for nothing, after {theirs.words}"

    def _went_back(self, calls: Iterable[Call]) -> Iterator[str]:
        for call in calls:
            before = self.seen.get(call.call_id)
            if before is None or before.state == call.state:
                continue
            if before.state not in may_become(call.state):
                yield f"{call.call_id} went from {before.state} to {call.state}"


def check_over(world: World) -> None:
    """After everything came to its end: a call is over here if and only if it is over there."""
    calls = world.calls
    broken = [
        *(f"{call.sid} goes on at the carrier" for call in world.carrier.live()),
        *(
            f"{call.call_id} is still {call.state} here"
            for call in calls
            if not call.state.is_final
        ),
    ]
    if running := world.memory.running:
        broken.append(f"{running} calls are counted, and none runs")
    _expect_none(broken)


def check_harmless_timers(world: World) -> None:
    """Whatever the clock still has to say, it changes nothing."""
    before = world.calls
    heard = [tuple(call.words) for call in world.carrier.calls.values()]
    for name, timer in list(world.cloud.timers.items()):
        if timer.running:
            world.fire(name)
    assert world.calls == before
    assert [tuple(call.words) for call in world.carrier.calls.values()] == heard


def _dialled_twice(world: World) -> Iterator[str]:
    for number, times in Counter(world.carrier.dialled).items():
        if times > 1:
            yield f"{number} rang {times} times for one request"


def _expect_none(broken: Sequence[str]) -> None:
    if broken:
        raise AssertionError("\n".join(broken))


def _miscounted(memory: Memory) -> Iterator[str]:
    live = sum(not call.state.is_final for call in memory.calls)
    if memory.running != live:
        yield f"{memory.running} calls are counted, and {live} run"


def _answered_badly(world: World, tolerated: frozenset[int]) -> Iterator[str]:
    for status in world.answers:
        if status >= HTTPStatus.MULTIPLE_CHOICES and status not in tolerated:
            yield f"something was answered with {status}"


def _misheard(world: World, memory: Memory) -> Iterator[str]:
    for call in memory.calls:
        theirs = world.carrier.calls.get(call.provider_call_id)
        if theirs is not None and call.opened_at is not None:
            yield from _compare(world, theirs, memory.lines(call))


def _compare(world: World, theirs: CarrierCall, lines: Sequence[Line]) -> Iterator[str]:
    kept = _that_could_be_kept(theirs.words)
    heard = list(_tokens(kept))
    written = list(_tokens((line.speaker.value, line.text) for line in lines))
    if isinstance(world.carrier, DocumentCarrier):
        # What is said from outside is written when it is ordered. What the far end says before
        # the carrier comes to it stands behind it: in order among its own words, all the same.
        in_order = list(_tokens(word for at, word in enumerate(kept) if at not in theirs.crossed))
        if not (_is_part(in_order, written) and _is_part(_of(heard, "user"), _of(written, "user"))):
            transcript = [(line.speaker.value, line.text) for line in lines]
            yield f"heard {theirs.words}, written {transcript}"
        return
    # Events come in any order, or not at all: what they told stands where they say that it was.
    if extra := Counter(_of(written, "user")) - Counter(heard):
        yield f"written and never said: {extra}"
    if not _is_part(_of(heard, "bot"), _of(written, "bot")):
        yield f"spoken {_of(heard, 'bot')}, written {_of(written, 'bot')}"


def _of(tokens: Iterable[Token], speaker: str) -> list[Token]:
    return [token for token in tokens if token[0] == speaker]


def _that_could_be_kept(words: Sequence[Token]) -> Sequence[Token]:
    """All *words* but the apology for a broken memory, and what that could not keep before it."""
    if TROUBLE not in words:
        return words
    kept = list(words[: words.index(TROUBLE)])
    while kept and kept[-1][0] == "user":
        kept.pop()
    return kept


def _tokens(words: Iterable[Token]) -> Iterator[Token]:
    """Word by word, for a line may have been spoken in pieces; keys, one by one."""
    for speaker, text in words:
        for word in text.split():
            yield from (
                ((speaker, key) for key in word)
                if word.strip("0123456789*#") == ""
                else [(speaker, word)]
            )


def _is_part(part: Sequence[Token], whole: Iterable[Token]) -> bool:
    """Whether *part* is in *whole*, in its order."""
    rest = iter(whole)
    return all(token in rest for token in part)
