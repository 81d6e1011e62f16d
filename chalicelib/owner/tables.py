"""Tables of settings: what a change makes of one, and where two of them differ."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from chalicelib.accounts.audit import Change
from chalicelib.errors import Fault, InvalidParamsError
from chalicelib.phone_schema import kind_at
from chalicelib.setting_kinds import SECRET

Table = Mapping[str, Any]

TOP = "phone"


def changed(table: Table, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Make *changes*, by whole key, in the `[phone]` *table*; nothing takes a key out.

    Raises:
        InvalidParamsError: a key is none, or names a secret.
    """
    after = deepcopy(dict(table))
    faults = [fault for key, value in changes.items() if (fault := _change(after, key, value))]
    if faults:
        raise InvalidParamsError(*faults)
    return after


def differences(before: Table, after: Table) -> tuple[Change, ...]:
    """Say where two `[phone]` tables differ, key by key."""
    left, right = (dict(leaves(TOP, table)) for table in (before, after))
    return tuple(
        Change(key=key, before=left.get(key), after=right.get(key))
        for key in sorted(left.keys() | right.keys())
        if left.get(key) != right.get(key)
    )


def _change(table: dict[str, Any], key: str, value: object) -> Fault | None:
    path = tuple(key.split("."))
    if path[0] != TOP or len(path) == 1:
        return Fault(key, "is no key; keys begin with phone., like phone.language")
    if kind_at(path) is SECRET:
        return Fault(key, "is a secret, and stands in no settings; store it with phone.secrets.set")
    if any(kind_at(path[:length]) for length in range(2, len(path))):
        return Fault(key, "is no key: there is no such table")
    place: Any = table
    for step in path[1:-1]:
        if value is None and step not in place:
            return None
        place = place.setdefault(step, {})
    if value is None:
        place.pop(path[-1], None)
    else:
        place[path[-1]] = value
    return None


def leaves(key: str, value: object) -> Iterator[tuple[str, Any]]:
    """Give every value that stands below *key*, by its whole key."""
    if not isinstance(value, Mapping):
        yield key, value
        return
    if not value and key != TOP:
        # That a table is there says something even when nothing stands in it.
        yield key, {}
    for name, inner in value.items():
        yield from leaves(f"{key}.{name}", inner)
