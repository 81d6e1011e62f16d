"""What stands at the simulated Plivo about numbers and applications, and how it is changed.

https://www.plivo.com/docs/numbers/api/account-phone-number
https://www.plivo.com/docs/account/api/application
"""

import re
import secrets
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import md5
from typing import Any, Final

from moltis.carriers.addresses import is_address
from moltis.carriers.document_runner import Source
from moltis.carriers.holdings import Holdings
from moltis.carriers.network import OwnedNumber
from moltis.carriers.plivo_call import Callback, PlivoOrder
from moltis.carriers.plivo_orders import BadParameterError
from moltis.carriers.plivo_webhooks import bare

NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
ID_DIGITS: Final = 17

_URLS: Final = ("answer_url", "hangup_url", "fallback_answer_url", "message_url")
_METHODS: Final = ("answer_method", "hangup_method", "fallback_method", "message_method")
_SWITCHES: Final = {
    "default_number_app": False,
    "default_endpoint_app": False,
    "public_uri": False,
    "log_incoming_messages": True,
}
_KNOWN: Final = frozenset({*_URLS, *_METHODS, *_SWITCHES})


@dataclass(slots=True, kw_only=True, eq=False)
class PlivoApplication:
    """A set of addresses, for numbers to name."""

    owner: str
    app_id: str
    app_name: str
    values: Mapping[str, Any]

    def update(self, body: Mapping[str, Any]) -> None:
        """Change what *body* names, which was checked."""
        self.values = {**self.values, **body}

    def resource(self) -> dict[str, Any]:
        """Describe it in Plivo's fields."""
        values = self.values
        return {
            "app_id": self.app_id,
            "app_name": self.app_name,
            "default_app": values["default_number_app"],
            "default_endpoint_app": values["default_endpoint_app"],
            "enabled": True,
            "log_incoming_messages": values["log_incoming_messages"],
            "public_uri": values["public_uri"],
            "resource_uri": f"/v1/Account/{self.owner}/Application/{self.app_id}/",
            "sip_uri": f"sip:{self.app_id}@app.plivo.com",
            "sub_account": None,
            **{name: values[name] for name in (*_URLS, *_METHODS)},
        }


@dataclass(slots=True, kw_only=True, eq=False)
class PlivoNumber:
    """A number as the console has it."""

    owned: OwnedNumber
    app_id: str
    """The application that it names, if any."""
    alias: str | None = None
    added_on: date = field(default_factory=lambda: datetime.now(UTC).date())

    def resource(self) -> dict[str, Any]:
        """Describe it in Plivo's fields."""
        account = f"/v1/Account/{self.owned.credentials['auth_id']}"
        number = bare(self.owned.number)
        return {
            "active": True,
            "added_on": self.added_on.isoformat(),
            "alias": self.alias,
            "application": f"{account}/Application/{self.app_id}/" if self.app_id else None,
            "carrier": "Plivo",
            "mms_enabled": False,
            "monthly_rental_rate": "0.80000",
            "number": number,
            "number_type": "local",
            "region": "California, UNITED STATES",
            "resource_uri": f"{account}/Number/{number}/",
            "sms_enabled": True,
            "sms_rate": "0.00000",
            "sub_account": None,
            "voice_enabled": self.owned.voice,
            "voice_rate": "0.00850",
        }


class PlivoConsole:
    """The numbers and applications of all accounts."""

    def __init__(self) -> None:
        self._numbers = Holdings(self._adopt)
        self._applications: dict[str, PlivoApplication] = {}
        self._lock = threading.Lock()

    def number(self, owned: OwnedNumber) -> PlivoNumber:
        """What stands there about a number."""
        return self._numbers.of(owned)

    def applications(self, auth_id: str) -> list[PlivoApplication]:
        """The applications of an account, newest first."""
        with self._lock:
            every = list(self._applications.values())
        return [one for one in reversed(every) if one.owner == auth_id]

    def application(self, auth_id: str, app_id: str) -> PlivoApplication | None:
        """One application, if it is the account's."""
        with self._lock:
            found = self._applications.get(app_id)
        return found if found is not None and found.owner == auth_id else None

    def create(self, auth_id: str, body: Mapping[str, Any]) -> PlivoApplication:
        """Make an application as *body* asks for it.

        Raises:
            BadParameterError: something in it cannot be.
        """
        _check(body, {*_KNOWN, "app_name"})
        name = body.get("app_name")
        if not isinstance(name, str) or not NAME.fullmatch(name):
            message = f"app_name must be of letters, digits, - and _, not {name}"
            raise BadParameterError(message)
        if not body.get("answer_url"):
            message = "answer_url parameter not present"
            raise BadParameterError(message)
        given = {key: value for key, value in body.items() if key != "app_name"}
        # Who says nothing of a hang-up is told of it where calls are answered.
        values = {"hangup_url": body["answer_url"], **given}
        app_id = str(secrets.randbelow(9 * 10 ** (ID_DIGITS - 1)) + 10 ** (ID_DIGITS - 1))
        return self._keep(auth_id, app_id, name, values)

    def update(self, application: PlivoApplication, body: Mapping[str, Any]) -> None:
        """Change an application as *body* asks for it.

        Raises:
            BadParameterError: something in it cannot be.
        """
        _check(body, _KNOWN)
        application.update(body)

    def name_application(self, number: PlivoNumber, body: Mapping[str, Any]) -> None:
        """Have *number* name the application that *body* says.

        Raises:
            BadParameterError: something in it cannot be.
        """
        # Plivo's own library says once more which number it is.
        _names(body, {"app_id", "alias", "number"})
        if "app_id" in body:
            app_id, auth_id = str(body["app_id"]), number.owned.credentials["auth_id"]
            if self.application(auth_id, app_id) is None:
                message = f"app_id {app_id} is not an application of the account"
                raise BadParameterError(message)
            number.app_id = app_id
        if "alias" in body:
            number.alias = str(body["alias"])

    def order(self, owned: OwnedNumber) -> PlivoOrder:
        """What is done when the number is called."""
        app_id = self.number(owned).app_id
        application = self.application(owned.credentials["auth_id"], app_id)
        if application is None:
            return PlivoOrder(document=Source(purpose="answer"))
        values = application.values
        fallback = Source(
            url=values["fallback_answer_url"] or "",
            method=values["fallback_method"],
            purpose="fallback",
        )
        # Nobody hears a number's calls ring.
        return PlivoOrder(
            document=Source(
                url=values["answer_url"], method=values["answer_method"], purpose="answer"
            ),
            fallback=fallback if fallback.url else None,
            hangup=Callback(url=values["hangup_url"] or "", method=values["hangup_method"]),
        )

    def _adopt(self, owned: OwnedNumber) -> PlivoNumber:
        """Take a number that we are given: its addresses come as an application of its own."""
        if not owned.voice_url:
            return PlivoNumber(owned=owned, app_id="")
        auth_id = owned.credentials["auth_id"]
        digest = md5(f"{auth_id}{owned.number}".encode(), usedforsecurity=False).hexdigest()
        app_id = str(int(digest, 16))[:ID_DIGITS]
        values = {
            "answer_url": owned.voice_url,
            "hangup_url": owned.status_url,
            "fallback_answer_url": owned.fallback_url,
        }
        self._keep(auth_id, app_id, f"simulated-{bare(owned.number)}", values)
        return PlivoNumber(owned=owned, app_id=app_id)

    def _keep(
        self, auth_id: str, app_id: str, name: str, values: Mapping[str, Any]
    ) -> PlivoApplication:
        usual = {**dict.fromkeys(_URLS, ""), **dict.fromkeys(_METHODS, "POST")}
        application = PlivoApplication(
            owner=auth_id,
            app_id=app_id,
            app_name=name,
            values={**usual, **_SWITCHES, **values},
        )
        with self._lock:
            self._applications[app_id] = application
        return application


def _names(body: Mapping[str, Any], known: Iterable[str]) -> None:
    unknown = sorted(body.keys() - frozenset(known))
    if unknown:
        message = f"the simulated Plivo does not know the parameter {unknown[0]!r} here"
        raise BadParameterError(message)


def _check(body: Mapping[str, Any], known: Iterable[str]) -> None:
    _names(body, known)
    for name, value in body.items():
        if name in _URLS and not (isinstance(value, str) and is_address(value)):
            message = f"{name} is not a valid URL: {value}"
            raise BadParameterError(message)
        if name in _METHODS and value not in {"GET", "POST"}:
            message = f"{name} must be GET or POST, not {value}"
            raise BadParameterError(message)
        if name in _SWITCHES and not isinstance(value, bool):
            message = f"{name} must be true or false, not {value}"
            raise BadParameterError(message)
