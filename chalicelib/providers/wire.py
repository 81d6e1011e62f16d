"""The one way out to carriers: HTTP, timeouts, and failures as `ProviderError`s."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Literal

from chalicelib import internet, log, metrics
from chalicelib.calls.phone_numbers import mask_all
from chalicelib.errors import (
    CallGoneError,
    ProviderRejectedError,
    ProviderUnavailableError,
    ProviderUncertainError,
)
from chalicelib.metrics import Metric

if TYPE_CHECKING:
    import requests

TIMEOUTS: Final = (3.05, 10.0)
"""Seconds to connect, and between two packets of the answer."""

Failure = Literal["unreachable", "late", "unreadable", "busy", "failed", "account"]
"""How a carrier fails, and not what we ask it for: `busy` is 429, `account` 401 to 403."""
_FAILURES: Final[Mapping[int, Failure]] = {
    HTTPStatus.UNAUTHORIZED: "account",
    HTTPStatus.PAYMENT_REQUIRED: "account",
    HTTPStatus.FORBIDDEN: "account",
    HTTPStatus.TOO_MANY_REQUESTS: "busy",
}

Form = Sequence[tuple[str, str]]
Content = Form | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the carrier answered: a status below 400, and a JSON object (maybe empty)."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CarrierFault:
    """What a carrier's error body says: its code and its words."""

    code: str = ""
    message: str = ""


class Wire:
    """HTTP to one carrier."""

    def __init__(
        self,
        provider: str,
        base_url: str,
        *,
        auth: tuple[str, str] | internet.Bearer,
        read_fault: Callable[[Mapping[str, Any]], CarrierFault],
    ) -> None:
        self._provider = provider
        self._base_url = base_url.rstrip("/")
        self._auth = auth
        self._read_fault = read_fault

    def get(self, path: str, params: Form = ()) -> Reply:
        """Ask for *path*; repeated once when the carrier could not answer."""
        return self._twice("GET", path, params=params)

    def post_form(self, path: str, form: Form) -> Reply:
        """Send *form* to *path*, once: the carrier may act on each time."""
        return self._once("POST", path, data=form)

    def repeat_form(self, path: str, form: Form) -> Reply:
        """Send *form* to *path*, again if need be: the same thing twice changes nothing."""
        return self._twice("POST", path, data=form)

    def post_json(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Send *body* to *path*, once: the carrier may act on each time."""
        return self._once("POST", path, json=body)

    def repeat_json(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Send *body* to *path*, again if need be: the same thing twice changes nothing."""
        return self._twice("POST", path, json=body)

    def change_json(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Have what stands at *path* be as *body* says, asking again if need be."""
        return self._twice("PATCH", path, json=body)

    def delete(self, path: str) -> Reply:
        """Have *path* gone, asking again if need be."""
        return self._twice("DELETE", path)

    def _twice(self, method: str, path: str, **content: Content) -> Reply:
        try:
            return self._once(method, path, **content)
        except (ProviderUnavailableError, ProviderUncertainError):
            return self._once(method, path, **content)

    def _once(self, method: str, path: str, **content: Content) -> Reply:
        import requests  # noqa: PLC0415  # most webhooks ask nobody

        try:
            response = internet.session().request(
                method,
                f"{self._base_url}{path}",
                auth=self._auth,
                timeout=TIMEOUTS,
                allow_redirects=False,
                **content,  # type: ignore[arg-type]
            )
        except requests.RequestException as error:
            # What `requests` says holds the whole address, and so the account's id: it stays here.
            raise self._unreachable(error) from None
        return self._read(response)

    def _unreachable(
        self, error: "requests.RequestException"
    ) -> ProviderUnavailableError | ProviderUncertainError:
        if _was_never_sent(error):
            self._count("unreachable")
            message = f"{self._provider} cannot be reached; try again in a moment"
            return ProviderUnavailableError(message, provider=self._provider)
        self._count("late")
        message = f"{self._provider} did not answer in time"
        return ProviderUncertainError(message, provider=self._provider)

    def _read(self, response: "requests.Response") -> Reply:
        status = response.status_code
        body = _json_object(response)
        if status < HTTPStatus.MULTIPLE_CHOICES:
            if body is None:
                self._count("unreadable", status)
                message = f"{self._provider} answered {status} with something unreadable"
                raise ProviderUncertainError(message, provider=self._provider, status_code=status)
            return Reply(status, body)
        fault = self._read_fault(body or {})
        facts = {"provider": self._provider, "carrier_code": fault.code, "status_code": status}
        words = f": {mask_all(fault.message)}" if fault.message else ""
        is_theirs = status >= HTTPStatus.INTERNAL_SERVER_ERROR
        if failure := "failed" if is_theirs else _FAILURES.get(status):
            self._count(failure, status)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            message = f"{self._provider} takes no more requests at the moment{words}"
            raise ProviderUnavailableError(message, **facts)  # type: ignore[arg-type]
        if is_theirs:
            message = f"{self._provider} failed with {status}{words}"
            raise ProviderUncertainError(message, **facts)  # type: ignore[arg-type]
        message = f"{self._provider} refused with {status}{words}"
        raise ProviderRejectedError(message, **facts)  # type: ignore[arg-type]

    def _count(self, failure: Failure, status: int = 0) -> None:
        facts = metrics.of({Metric.CARRIER_FAILURES: 1}, provider=self._provider, failure=failure)
        log.warning("carrier failed", status=status, **facts)


@contextmanager
def gone(*codes: str) -> Iterator[None]:
    """Take a refusal with one of *codes*, or with 404, for the news that the call is over.

    Raises:
        CallGoneError: it is.
    """
    try:
        yield
    except ProviderRejectedError as error:
        if error.carrier_code not in codes and error.status_code != HTTPStatus.NOT_FOUND:
            raise
        message = f"{error.provider} says that the call is over"
        raise CallGoneError(
            message,
            provider=error.provider,
            carrier_code=error.carrier_code,
            status_code=error.status_code,
        ) from error


def _was_never_sent(error: "requests.RequestException") -> bool:
    import requests  # noqa: PLC0415
    from urllib3.exceptions import (  # noqa: PLC0415
        ConnectTimeoutError,
        MaxRetryError,
        NewConnectionError,
    )

    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _json_object(response: "requests.Response") -> dict[str, Any] | None:
    if not response.content:
        return {}
    try:
        body = response.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
