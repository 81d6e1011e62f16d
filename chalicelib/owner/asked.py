"""What the owner may ask for, by the names of RPC: settings, secrets, tokens, the audit, data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib import parameters, wiring
from chalicelib.accounts.audit import Asker, Topic, Who
from chalicelib.owner import access, carriers, lost_timers, people, phone, secrets_asked
from chalicelib.owner.entries import change_json, decision_json
from chalicelib.parameters import LISTED, Params, Takes
from chalicelib.store.base import AuditPage, Scope

Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """Something that the owner can ask for: with which scope, what it takes, and what it does."""

    scope: Scope
    takes: Takes
    act: Callable[[Params, Who], Result]

    def __call__(self, params: Params, asker: Asker) -> Result:
        """Do it for *asker*.

        Raises:
            InvalidParamsError: *params* are not what it takes.
        """
        self.takes.check(params)
        return self.act(params, asker.who)


def _audit(params: Params, _who: Who) -> Result:
    page = _page(Topic.SETTINGS, params)
    return {
        "entries": [change_json(entry) for entry in page.entries],
        "cursor": page.cursor or None,
    }


def _decisions(params: Params, _who: Who) -> Result:
    page = _page(Topic.CALLS, params)
    return {
        "entries": [decision_json(entry) for entry in page.entries],
        "cursor": page.cursor or None,
    }


def _page(topic: Topic, params: Params) -> AuditPage:
    limit, cursor = params.get("limit", LISTED), params.get("cursor", "")
    return wiring.audit().page(topic, limit=limit, cursor=cursor)


WISHES: Final[Mapping[str, Wish]] = {
    "phone.schema": Wish(Scope.READ, parameters.NOTHING, phone.schema),
    "phone.settings": Wish(Scope.READ, parameters.NOTHING, phone.read),
    "phone.save": Wish(Scope.WRITE, parameters.SAVE, phone.save),
    "phone.import": Wish(Scope.WRITE, parameters.IMPORT, phone.take_in),
    "phone.export": Wish(Scope.READ, parameters.NOTHING, phone.give_out),
    "phone.secrets.set": Wish(Scope.WRITE, parameters.STORE_SECRETS, secrets_asked.set_secrets),
    "phone.secrets.remove": Wish(
        Scope.WRITE, parameters.REMOVE_SECRETS, secrets_asked.remove_secrets
    ),
    "phone.test_credentials": Wish(
        Scope.WRITE, parameters.TEST_CREDENTIALS, carriers.try_credentials
    ),
    "phone.survey": Wish(Scope.WRITE, parameters.OF_ACCOUNT, carriers.survey),
    "phone.connect": Wish(Scope.WRITE, parameters.OF_ACCOUNT, carriers.connect),
    "phone.probe": Wish(Scope.WRITE, parameters.OF_ACCOUNT, carriers.probe),
    "tokens.create": Wish(Scope.WRITE, parameters.CREATE_TOKEN, access.create_token),
    "tokens.list": Wish(Scope.READ, parameters.NOTHING, access.list_tokens),
    "tokens.revoke": Wish(Scope.WRITE, parameters.REVOKE_TOKEN, access.revoke_token),
    "audit.list": Wish(Scope.READ, parameters.AUDIT, _audit),
    "data.export": Wish(Scope.WRITE, parameters.OF_PERSON, people.give_out),
    "data.erase": Wish(Scope.WRITE, parameters.OF_PERSON, people.erase),
    "voicecall.redrive": Wish(Scope.WRITE, parameters.NOTHING, lost_timers.redrive),
    "voicecall.audit": Wish(Scope.WRITE, parameters.AUDIT, _decisions),
}
