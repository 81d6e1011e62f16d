import base64
import json
import socket
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import responses
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from chalicelib.calls.verbs import HangUp
from chalicelib.errors import (
    CallGoneError,
    ProviderError,
    ProviderRejectedError,
    ProviderUnavailableError,
    ProviderUncertainError,
    UnsupportedFeatureError,
)
from chalicelib.providers.base import Feature, Performance, Provider
from tests.contract.base import ORDER, Case, Operation
from tests.contract.cases import CASES, every_provider

OPERATIONS: Final = [
    pytest.param(case, operation, id=f"{case.name}-{operation.name}")
    for case in CASES
    for operation in case.operations
]
every_operation = pytest.mark.parametrize(("case", "operation"), OPERATIONS)

PERFORMANCE: Final = Performance(provider_call_id="1", call_id="c", mark="m", verbs=(HangUp(),))

_POOL: Final = HTTPConnectionPool("carrier.example")
NEVER_SENT: Final = (
    requests.ConnectTimeout("too slow"),
    requests.ConnectionError(MaxRetryError(_POOL, "/", NewConnectionError(_POOL, "refused"))),  # type: ignore[arg-type]
)
MAYBE_SENT: Final = (
    requests.ReadTimeout("too slow"),
    requests.ConnectionError(ProtocolError("connection broken")),
    requests.exceptions.ChunkedEncodingError("half an answer"),
)


@dataclass(frozen=True, slots=True)
class Sent:
    method: str
    url: str
    authorization: str
    fields: tuple[tuple[str, object], ...]


@pytest.fixture
def carrier() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def answering(carrier: responses.RequestsMock, operation: Operation, **answer: Any) -> None:
    carrier.add(operation.method, operation.url, **answer)


def sent(carrier: responses.RequestsMock) -> list[Sent]:
    return [_sent(call.request) for call in carrier.calls]


def _sent(request: requests.PreparedRequest) -> Sent:
    address = urlsplit(request.url or "")
    body = request.body or b""
    text = body if isinstance(body, str) else body.decode()
    is_json = "json" in request.headers.get("Content-Type", "")
    content = json.loads(text).items() if is_json else parse_qsl(text)
    return Sent(
        method=request.method or "",
        url=f"{address.scheme}://{address.netloc}{address.path}",
        authorization=request.headers["Authorization"],
        fields=(*parse_qsl(address.query), *content),
    )


def failure(case: Case, operation: Operation) -> ProviderError:
    with pytest.raises(ProviderError) as failed:
        operation.run(case.provider())
    return failed.value


@every_operation
def test_an_operation_is_one_request_to_the_right_place(
    case: Case, operation: Operation, carrier: responses.RequestsMock
) -> None:
    answering(carrier, operation, json=operation.answer)

    assert operation.run(case.provider()) == operation.gives
    assert sent(carrier) == [
        Sent(operation.method, operation.url, case.authorization, operation.fields)
    ]


@every_operation
def test_only_parameters_that_the_vendors_library_knows_are_sent(
    case: Case, operation: Operation
) -> None:
    assert case.name
    assert {name for name, _ in operation.fields} <= operation.known


@every_operation
def test_a_refusal_carries_the_carriers_code(
    case: Case, operation: Operation, carrier: responses.RequestsMock
) -> None:
    answering(carrier, operation, json=case.refusal.body, status=case.refusal.status)

    error = failure(case, operation)

    assert type(error) is ProviderRejectedError
    assert (error.provider, error.carrier_code, error.status_code) == (
        case.name,
        case.refusal.code,
        case.refusal.status,
    )
    assert len(carrier.calls) == 1


@every_operation
def test_a_refusal_without_words_is_a_refusal(
    case: Case, operation: Operation, carrier: responses.RequestsMock
) -> None:
    answering(carrier, operation, body="<html>no</html>", status=403)

    error = failure(case, operation)

    assert type(error) is ProviderRejectedError
    assert (str(error), error.carrier_code) == (f"{case.name} refused with 403", "")


@every_operation
def test_a_carrier_that_has_no_room_did_certainly_nothing(
    case: Case, operation: Operation, carrier: responses.RequestsMock
) -> None:
    answering(carrier, operation, json={}, status=429)

    assert type(failure(case, operation)) is ProviderUnavailableError


@every_operation
@pytest.mark.parametrize("reason", NEVER_SENT, ids=lambda error: type(error).__name__)
def test_a_carrier_that_cannot_be_reached_did_certainly_nothing(
    case: Case, operation: Operation, reason: Exception, carrier: responses.RequestsMock
) -> None:
    answering(carrier, operation, body=reason)

    assert type(failure(case, operation)) is ProviderUnavailableError


@every_operation
@pytest.mark.parametrize("reason", MAYBE_SENT, ids=lambda error: type(error).__name__)
def test_a_carrier_that_falls_silent_may_have_done_it(
    case: Case, operation: Operation, reason: Exception, carrier: responses.RequestsMock
) -> None:
    answering(carrier, operation, body=reason)

    assert type(failure(case, operation)) is ProviderUncertainError


@every_operation
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_carrier_that_fails_may_have_done_it(
    case: Case, operation: Operation, status: int, carrier: responses.RequestsMock
) -> None:
    answering(carrier, operation, json={}, status=status)

    error = failure(case, operation)

    assert type(error) is ProviderUncertainError
    assert error.status_code == status


@every_operation
@pytest.mark.parametrize("body", ["<html>", "[]", '"sid"', "{", "\xff"])
def test_a_good_answer_that_cannot_be_read_is_uncertain(
    case: Case, operation: Operation, body: str, carrier: responses.RequestsMock
) -> None:
    answering(carrier, operation, body=body, status=200)

    assert type(failure(case, operation)) is ProviderUncertainError


@every_provider
def test_a_call_whose_id_nobody_says_is_uncertain(
    case: Case, carrier: responses.RequestsMock
) -> None:
    place = case.operation("place")
    for answer in case.nameless:
        carrier.reset()
        answering(carrier, place, json=answer, status=201)

        assert type(failure(case, place)) is ProviderUncertainError
        assert len(carrier.calls) == 1


@every_operation
def test_what_may_be_repeated_is_repeated_once_and_dialling_never(
    case: Case, operation: Operation, carrier: responses.RequestsMock
) -> None:
    answering(carrier, operation, json={}, status=503)

    failure(case, operation)

    assert len(carrier.calls) == (2 if operation.repeats else 1)
    assert operation.repeats is not operation.name.startswith("place")


@every_operation
def test_the_repetition_may_succeed(
    case: Case, operation: Operation, carrier: responses.RequestsMock
) -> None:
    if not operation.repeats:
        pytest.skip("it is never repeated")

    answering(carrier, operation, json={}, status=503)
    answering(carrier, operation, json=operation.answer)

    assert operation.run(case.provider()) == operation.gives
    assert len(carrier.calls) == 2


@every_operation
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(
    case: Case, operation: Operation, status: int, carrier: responses.RequestsMock
) -> None:
    elsewhere = {"Location": "https://elsewhere.example/"}
    answering(carrier, operation, status=status, headers=elsewhere)

    assert type(failure(case, operation)) is ProviderRejectedError
    assert [request.url for request in sent(carrier)] == [operation.url]


@every_operation
def test_a_call_that_is_over_is_said_to_be_gone(
    case: Case, operation: Operation, carrier: responses.RequestsMock
) -> None:
    for gone in case.gone:
        carrier.reset()
        answering(carrier, operation, json=gone.body, status=gone.status)

        error = failure(case, operation)

        expected = CallGoneError if operation.needs_live_call else ProviderRejectedError
        assert type(error) is expected
        assert (error.carrier_code, error.status_code) == (gone.code, gone.status)


def _use(provider: Provider, provider_call_id: str) -> None:
    if provider.takes_commands:
        provider.perform(replace(PERFORMANCE, provider_call_id=provider_call_id))
    else:
        provider.interrupt(provider_call_id, "https://phone.example.com/")


@every_provider
@pytest.mark.parametrize("strange", ["", "..", "CA1/../CA2", "CA1?x=1", "CA1\n", "C\u00c41"])
@pytest.mark.parametrize(
    "use",
    [
        _use,
        lambda provider, strange: provider.hang_up(strange),
        lambda provider, strange: provider.look_up(strange),
    ],
    ids=["in the call", "hang_up", "look_up"],
)
def test_an_id_that_is_none_is_never_sent(
    case: Case,
    use: Callable[[Provider, str], object],
    strange: str,
    carrier: responses.RequestsMock,
) -> None:
    with pytest.raises(CallGoneError):
        use(case.provider(), strange)

    assert len(carrier.calls) == 0


@every_provider
def test_each_word_for_the_state_of_a_call_is_understood(
    case: Case, carrier: responses.RequestsMock
) -> None:
    look_up = case.operation("look_up")
    for answer, _ in case.views:
        answering(carrier, look_up, json=answer)

    views = [look_up.run(case.provider()) for _ in case.views]

    assert views == [view for _, view in case.views]


@every_provider
def test_a_call_that_was_never_dialled_is_not_found(
    case: Case, carrier: responses.RequestsMock
) -> None:
    if Feature.FIND_CALL in case.provider().features:
        answering(carrier, case.operation("find"), json=case.nothing_found)

    assert case.provider().find(ORDER) is None


@every_provider
def test_whoever_is_told_by_documents_takes_no_commands(case: Case) -> None:
    provider = case.provider()
    if provider.takes_commands:
        pytest.skip("it takes commands")

    with pytest.raises(UnsupportedFeatureError, match=f"{case.name} cannot do 'commands'"):
        provider.perform(PERFORMANCE)


@every_operation
@pytest.mark.parametrize("status", [400, 429, 503])
def test_no_error_shows_a_secret_or_a_whole_number(
    case: Case, operation: Operation, status: int, carrier: responses.RequestsMock
) -> None:
    body = {**case.refusal.body, "echo": list(case.secrets)}
    answering(carrier, operation, body=json.dumps(body), status=status)

    error = failure(case, operation)

    shown = f"{error!r} {''.join(traceback.format_exception(error))} {case.provider()!r}"
    assert not [word for word in (*case.secrets, ORDER.to_number) if word in shown]


@every_operation
@pytest.mark.parametrize("reason", [*NEVER_SENT, *MAYBE_SENT], ids=lambda e: type(e).__name__)
def test_no_broken_connection_shows_a_secret(
    case: Case, operation: Operation, reason: Exception, carrier: responses.RequestsMock
) -> None:
    answering(carrier, operation, body=reason)

    shown = "".join(traceback.format_exception(failure(case, operation)))

    assert not [word for word in case.secrets if word in shown]
    assert base64.b64encode(case.secrets[0].encode()).decode() not in shown


@every_provider
def test_a_closed_port_is_unreachable(case: Case) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    with pytest.raises(ProviderUnavailableError):
        case.provider(api_base_url=f"http://127.0.0.1:{port}").place(ORDER)


@every_provider
def test_a_carrier_that_hangs_up_on_us_is_asked_to_dial_once(case: Case) -> None:
    visits: list[bytes] = []

    def slam(server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                visits.append(connection.recv(65536))

    with socket.create_server(("127.0.0.1", 0)) as server:
        waiter = Thread(target=slam, args=(server,))
        waiter.start()
        base = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(ProviderUncertainError):
            case.provider(api_base_url=base).place(ORDER)
        server.shutdown(socket.SHUT_RDWR)
        waiter.join(timeout=5)

    assert len(visits) == 1
