"""What the owner may ask about the secrets: store them, or take them away."""

from collections.abc import Mapping
from typing import Any

from chalicelib.accounts.audit import Who
from chalicelib.errors import Fault, InvalidParamsError
from chalicelib.owner.credentials import remove, removed_changes, store, stored_changes
from chalicelib.owner.keeping import current, entry_of
from chalicelib.owner.phone import view
from chalicelib.owner.secret_places import places_of

Params = Mapping[str, Any]
Result = dict[str, Any]

LONGEST: int = 4_096


def set_secrets(params: Params, who: Who) -> Result:
    """Keep secrets; those of the same key are replaced."""
    given, before = params["secrets"], current()
    places = places_of(given, before.table)
    faults = [Fault(key, reason) for key, value in given.items() if (reason := _fault(value))]
    if faults:
        raise InvalidParamsError(*faults)
    values = {place: given[place.key].strip() for place in places}
    entry = entry_of("secrets stored", who, *stored_changes(places))
    return view(store(values, before, before.table, entry))


def remove_secrets(params: Params, who: Who) -> Result:
    """Keep secrets no longer."""
    before = current()
    places = places_of(params["keys"], before.table)
    return view(remove(places, before, entry_of("secrets removed", who, *removed_changes(places))))


def _fault(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        return "must be text, and not empty"
    if len(value) > LONGEST:
        return f"must be at most {LONGEST} characters"
    return "" if value.strip().isprintable() else "must be of printable characters, on one line"
