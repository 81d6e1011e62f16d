"""Take a carrier's webhook: believe it, understand it, answer it."""

from chalicelib import log
from chalicelib.actions.admit_call import admit_call
from chalicelib.actions.await_reply import await_reply, call_id_of
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.next_words import trouble_verbs
from chalicelib.actions.note_progress import note_end, note_progress
from chalicelib.actions.open_call import meet_machine, open_call
from chalicelib.actions.resume import resume
from chalicelib.actions.take_input import take_input
from chalicelib.calls.callbacks import Route
from chalicelib.calls.events import (
    CallArrived,
    CallEnded,
    CallOpened,
    CallProgressed,
    CarrierEvent,
    InputGathered,
    InputInterposed,
    MachineDetected,
    ReplyAwaited,
    ResumeAsked,
    TransferEnded,
    UnknownEvent,
)
from chalicelib.calls.verbs import Verb
from chalicelib.errors import AgentError, PayloadError
from chalicelib.providers.base import Document, WebhookRequest


def take_webhook(request: WebhookRequest, *, exchange: Exchange) -> Document:
    """Answer *request* with a document that leads on.

    Once the carrier has signed it, nothing in it and nothing of ours may make this fail: the
    far end would hear silence. An apology is spoken instead, and the error is logged.

    Raises:
        SignatureError: the carrier did not sign it; nothing was read or kept.
        AgentError: nobody could be found to act on it; the carrier is to deliver it again.
    """
    provider = exchange.provider
    provider.verify(request)
    if provider.takes_commands:
        return _hand_over(request, exchange)
    with log.about() as known:
        try:
            verbs = []
            for event in provider.parse(request):
                known["call_id"] = call_id_of(event, exchange)
                verbs += _take(event, exchange=exchange)
            return provider.render(verbs)
        except PayloadError as error:
            log.warning("webhook cannot be read", reason=str(error), route=request.route)
        except Exception:  # noqa: BLE001  # the outermost door: whatever it is, somebody is listening
            log.error("webhook failed", route=request.route, account=exchange.account.account_id)
    if request.route == Route.STATUS:
        return provider.render([])
    account = exchange.account
    return provider.render(trouble_verbs(account.language, account.voice))


def _hand_over(request: WebhookRequest, exchange: Exchange) -> Document:
    """Keep how the call stands, and have all else done elsewhere: the carrier waits 2 s."""
    try:
        events = exchange.provider.parse(request)
    except PayloadError as error:
        log.warning("webhook cannot be read", reason=str(error), route=request.route)
        events = []
    for event in events:
        with log.about(call_id=call_id_of(event, exchange)):
            try:
                _keep_or_submit(event, exchange)
            except AgentError as error:
                account_id = exchange.account.account_id
                log.warning(
                    "webhook is to be delivered again", account=account_id, reason=str(error)
                )
                raise
    return exchange.provider.render([])


def _keep_or_submit(event: CarrierEvent, exchange: Exchange) -> None:
    is_kept = isinstance(event, CallProgressed | CallEnded | UnknownEvent)
    # That a person has talked to the far end and hung up is told at the moment in which our own
    # leg ends, too: it is kept before that comes.
    if is_kept or (isinstance(event, TransferEnded) and event.reached):
        _keep(event, exchange)
    if not is_kept:
        exchange.turns.submit(exchange.account.account_id, event)


def _keep(event: CarrierEvent, exchange: Exchange) -> None:
    try:
        _take(event, exchange=exchange)
    except Exception as error:  # the outermost door: nobody listens, and it is delivered again
        log.error("event could not be kept")
        message = "the event could not be kept"
        raise AgentError(message) from error


def _take(event: CarrierEvent, *, exchange: Exchange) -> list[Verb]:
    verbs: list[Verb] = []
    match event:
        case InputGathered() | InputInterposed():
            verbs = take_input(event, exchange=exchange)
        case ReplyAwaited():
            verbs = await_reply(event, exchange=exchange)
        case TransferEnded():
            from chalicelib.actions.hand_over import end_transfer  # noqa: PLC0415  # seldom

            verbs = end_transfer(event, exchange=exchange)
        case ResumeAsked():
            verbs = resume(event, exchange=exchange)
        case CallOpened():
            verbs = open_call(event, exchange=exchange)
        case CallArrived():
            verbs = admit_call(event, exchange=exchange)
        case MachineDetected():
            meet_machine(event, exchange=exchange)
        case CallProgressed():
            note_progress(event, exchange=exchange)
        case CallEnded():
            note_end(event, exchange=exchange)
        case _:
            log.info("event ignored", call_id=event.call_id, kind=type(event).__name__)
    return verbs
