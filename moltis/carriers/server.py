"""All simulated carriers behind one HTTP server on the loopback interface."""

import secrets
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from chalicelib.overriding import override
from moltis.carriers.clock import Clock
from moltis.carriers.control import Control, OpenedAccount, UnknownCarrierError
from moltis.carriers.exchange import Request, Response, json_response
from moltis.carriers.far_end import FarEnd
from moltis.carriers.network import Network, OwnedNumber
from moltis.carriers.plivo import SimulatedPlivo
from moltis.carriers.record import SimulatedCall
from moltis.carriers.telnyx import SimulatedTelnyx
from moltis.carriers.twilio import SimulatedTwilio

if TYPE_CHECKING:
    from moltis.carriers.carrier import Carrier

HOST: Final = "127.0.0.1"
SIMULATOR: Final = "simulator"
MOST_BODY_BYTES: Final = 64 * 1024

Serve = Callable[[str, Request], Response]


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for them
    request_queue_size = 128

    def __init__(self, port: int, serve: Serve) -> None:
        super().__init__((HOST, port), _Handler)
        self.serve = serve
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def cut_all(self) -> None:
        """Cut the connections that clients keep open, or their threads would never end."""
        self.stopping.set()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Do nothing: a client that left is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer on a kept connection takes 40 ms
    server_version = "simulated-carriers"
    sys_version = ""
    server: _Server

    @override
    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    @override
    def finish(self) -> None:
        self.server.closed(self.connection)
        with suppress(OSError):
            super().finish()

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Do nothing: whoever runs the simulation logs what matters."""

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MOST_BODY_BYTES:
            self.close_connection = True
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            self._answer(json_response(status, {"error": "the body is too large"}))
            return
        path, _, query = self.path.partition("?")
        prefix, _, rest = path.lstrip("/").partition("/")
        request = Request(
            method=self.command,
            path=f"/{rest}",
            query=query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)),
        )
        self._answer(self.server.serve(prefix, request))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815  # http.server's names

    def _answer(self, response: Response) -> None:
        if response.cut:
            self.server.stopping.wait(response.delay)
            self.close_connection = True
            return
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body)


class SimulatedCarriers:
    """The simulated carriers, the network they share, and the server they are reached by.

    Its port is open as soon as it is made, so that addresses can be given out; it answers between
    `start` and `stop`, or inside a `with` block.
    """

    def __init__(self, *, speed: float = 1.0, port: int = 0, token: str = "") -> None:
        self.network = Network(Clock(speed))
        self.token = token or secrets.token_urlsafe(24)
        self.twilio = SimulatedTwilio(self.network)
        self.telnyx = SimulatedTelnyx(self.network)
        self.plivo = SimulatedPlivo(self.network)
        self.carriers: dict[str, Carrier] = {
            self.twilio.name: self.twilio,
            self.telnyx.name: self.telnyx,
            self.plivo.name: self.plivo,
        }
        self.control = Control(
            self.network,
            self.token,
            dial_in=self.dial_in,
            calls=lambda: self.calls,
            open_account=self.open_account,
        )
        self._server = _Server(port, self._serve)
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="simulated-carriers",
            daemon=True,
        )

    @property
    def url(self) -> str:
        """Where the server is."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    @property
    def control_url(self) -> str:
        """Where the control interface is."""
        return f"{self.url}/{SIMULATOR}"

    def base_url(self, carrier: str) -> str:
        """The `api_base_url` of *carrier*."""
        return f"{self.url}/{carrier}"

    def open_account(self, carrier: str, number: str) -> OpenedAccount:
        """Open a blank account at *carrier*, with *number*, or else one that is free.

        Raises:
            UnknownCarrierError: there is no such carrier here.
        """
        if carrier not in self.carriers:
            message = f"carrier is one of {', '.join(self.carriers)}"
            raise UnknownCarrierError(message)
        taken = {owned.number for owned in self.network.numbers}
        free = (f"+1555020{place:04}" for place in range(1, 10_000))
        number = number or next(one for one in free if one not in taken)
        owned = self.carriers[carrier].open_account(number)
        return OpenedAccount(owned=owned, api_base_url=self.base_url(carrier))

    def start(self) -> Self:
        """Answer requests from now on."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End all calls without another word, and leave nothing behind."""
        for carrier in self.carriers.values():
            carrier.stop()
        self.control.close()
        self._server.cut_all()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def add_twilio_account(
        self,
        *,
        account_id: str,
        number: str,
        account_sid: str,
        auth_token: str,
        voice_url: str,
        status_url: str = "",
    ) -> None:
        """Give the account its *number*, and the number its addresses."""
        self.network.own(
            OwnedNumber(
                carrier=self.twilio.name,
                account_id=account_id,
                number=number,
                voice_url=voice_url,
                status_url=status_url,
                credentials={"account_sid": account_sid, "auth_token": auth_token},
            )
        )

    @property
    def calls(self) -> tuple[SimulatedCall, ...]:
        """Every call there was at any carrier, oldest first."""
        calls = [call for carrier in self.carriers.values() for call in carrier.calls]
        return tuple(sorted(calls, key=lambda call: call.created_at))

    def call(self, sid: str) -> SimulatedCall:
        """The call that its carrier knows as *sid*."""
        return next(call for call in self.calls if call.sid == sid)

    def dial_in(
        self,
        from_number: str,
        to_number: str,
        far_end: FarEnd | None = None,
        *,
        carrier: str = "",
    ) -> SimulatedCall:
        """Have *far_end* (or whoever has *from_number*) call our *to_number*.

        Raises:
            UnknownNumberError: it is not ours.
        """
        number = self.network.owned(to_number, carrier)
        caller = far_end or self.network.far_end(from_number)
        return self.carriers[number.carrier].dial_in(from_number, number, caller)

    def _serve(self, prefix: str, request: Request) -> Response:
        if prefix == SIMULATOR:
            return self.control.handle(request)
        if prefix in self.carriers:
            return self.carriers[prefix].handle(request)
        return json_response(HTTPStatus.NOT_FOUND, {"error": "there is no such simulated carrier"})
