"""What the owner may ask about access tokens: make one, list them, revoke one."""

from collections.abc import Mapping
from typing import Any

from chalicelib import wiring
from chalicelib.accounts.audit import Change, Who
from chalicelib.calls.published import time_json
from chalicelib.errors import Fault, InvalidParamsError
from chalicelib.owner.keeping import entry_of
from chalicelib.store.base import AccessToken, Scope
from chalicelib.tokens import make_token

Params = Mapping[str, Any]
Result = dict[str, Any]


def create_token(params: Params, who: Who) -> Result:
    """Make a token; it is shown this once."""
    scope = Scope(params.get("scope", Scope.READ))
    token = make_token(params["name"].strip(), scope, at=wiring.now())
    kept = token.kept
    change = Change(key=f"token {kept.token_id}", after=f"{kept.name} ({kept.scope})")
    wiring.audit().append(entry_of("token created", who, change))
    wiring.tokens().add(kept)
    return {"token": token.text, "id": kept.token_id, "scope": kept.scope, "name": kept.name}


def list_tokens(_params: Params, _who: Who) -> Result:
    """Show all tokens, but for what they open with."""
    return {"tokens": [_token_json(token) for token in wiring.tokens().all()]}


def revoke_token(params: Params, who: Who) -> Result:
    """Let a token, and whoever signed in with it, in no longer."""
    tokens = wiring.tokens().all()
    token = next((one for one in tokens if one.token_id == params["id"]), None)
    if token is None:
        raise InvalidParamsError(Fault("id", "is no token's; the list of tokens gives their ids"))
    writers = [one for one in tokens if one.scope is Scope.WRITE]
    if writers == [token]:
        reason = "is the only token that may write; create another one first"
        raise InvalidParamsError(Fault("id", reason))
    change = Change(key=f"token {token.token_id}", before=f"{token.name} ({token.scope})")
    wiring.audit().append(entry_of("token revoked", who, change))
    wiring.tokens().remove(token.digest)
    wiring.forget_token(token.digest)
    return _token_json(token)


def _token_json(token: AccessToken) -> Result:
    return {
        "id": token.token_id,
        "name": token.name,
        "scope": token.scope,
        "last_four": token.last_four,
        "created_at": time_json(token.created_at),
    }
