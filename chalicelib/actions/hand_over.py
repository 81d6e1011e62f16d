"""Hand a call to a person; and take it back, if nobody answers."""

from chalicelib import log
from chalicelib.actions.await_reply import call_id_of, unfinished
from chalicelib.actions.end_call import RETRY_AFTER, end_call
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.next_words import is_wanted_over, put_through, reply_verbs, words
from chalicelib.actions.perform import perform
from chalicelib.actions.spoken import phrases
from chalicelib.actions.voiced import voiced
from chalicelib.calls.call import Call, State
from chalicelib.calls.events import TransferEnded
from chalicelib.calls.phone_numbers import masked
from chalicelib.calls.replies import Transfer
from chalicelib.calls.transcript import Line, Speaker
from chalicelib.calls.verbs import HangUp, Manner, Verb
from chalicelib.errors import ProviderRejectedError
from chalicelib.store.turns import Reply


def hand_over(call: Call, act: Transfer, *, exchange: Exchange) -> None:
    """Have a carrier that takes commands put *call* through; if it will not, take it back.

    Raises:
        ProviderError: the carrier failed.
    """
    log.info("handing over", call_id=call.call_id, account=call.account, to=masked(act.to))
    verbs = [put_through(call, act.to, turn=call.turn, exchange=exchange)]
    try:
        perform(call, verbs, mark=f"transfer-{call.turn}", exchange=exchange)
    except ProviderRejectedError as error:
        log.warning("carrier refused to hand over", call_id=call.call_id, reason=str(error))
        _say_unreached(call, call.turn, exchange)


def follow_transfer(event: TransferEnded, *, exchange: Exchange) -> None:
    """End a call that a person has taken, or go on with one that nobody has.

    For a carrier that takes commands.

    Raises:
        ProviderError: the carrier refused or failed.
    """
    call = unfinished(call_id_of(event, exchange), exchange)
    if call is None:
        return
    if event.reached:
        end_call(call, exchange=exchange, reason=State.COMPLETED)
    elif not is_wanted_over(call):
        _say_unreached(call, event.turn, exchange)


def end_transfer(event: TransferEnded, *, exchange: Exchange) -> list[Verb]:
    """Say what follows now that a person has talked to the far end, or nobody could be reached.

    For a carrier that asks for documents.
    """
    call = unfinished(call_id_of(event, exchange), exchange)
    if call is None or is_wanted_over(call):
        return [HangUp()]
    if event.reached:
        now = exchange.now()
        exchange.calls.request_end(
            call.call_id, State.COMPLETED, at=now, retry_at=now + RETRY_AFTER
        )
        return [HangUp()]
    reply = Reply(line=_unreached(call, exchange), heard=call.heard, told=True)
    kept = exchange.calls.reply(call.call_id, event.turn, reply)
    if kept is None:
        return [HangUp()]
    return reply_verbs([kept], Manner.of(call), turn=event.turn + 1, exchange=exchange)


def _say_unreached(call: Call, turn: int, exchange: Exchange) -> None:
    line = _unreached(call, exchange)
    given = exchange.provider.utterances(words(line, Manner.of(call)))
    # Told the same thing again, we say what was kept the first time.
    kept = exchange.calls.reply(call.call_id, turn, Reply(line=line, heard=call.heard, given=given))
    if kept is not None:
        perform(call, words(kept, Manner.of(call)), mark=f"turn-{turn + 1}", exchange=exchange)


def _unreached(call: Call, exchange: Exchange) -> Line:
    text = phrases(call.language).unreached
    return voiced(Line(speaker=Speaker.BOT, text=text, at=exchange.now()), call, exchange=exchange)
