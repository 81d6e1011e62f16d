"""What the owner may ask about the settings: read, save, import, export."""

from collections.abc import Mapping
from typing import Any

from chalicelib.accounts.audit import Who
from chalicelib.accounts.phone_settings import PhoneSettings
from chalicelib.calls.published import time_json
from chalicelib.owner.credentials import shown, store, stored_changes
from chalicelib.owner.keeping import current, entry_of, keep
from chalicelib.owner.secret_places import places_in
from chalicelib.owner.tables import changed, differences
from chalicelib.owner.toml_text import toml_text
from chalicelib.phone_config import parse_config
from chalicelib.phone_schema import default
from chalicelib.phone_schema import settings as every_setting
from chalicelib.setting_kinds import SECRET

Params = Mapping[str, Any]
Result = dict[str, Any]


def schema(_params: Params, _who: Who) -> Result:
    """Say which settings there are, what each may hold, and its default."""
    return {
        "settings": [
            {
                "key": one.key,
                "kind": one.kind.name,
                **one.kind.facts,
                **({} if one.kind is SECRET else {"default": default(one.path)}),
            }
            for one in every_setting()
        ]
    }


def read(_params: Params, _who: Who) -> Result:
    """Show the settings, and which secrets are stored."""
    return view(current())


def save(params: Params, who: Who) -> Result:
    """Change some settings, unless somebody else did since they were read."""
    before = current(params["version"])
    table = changed(before.table, params["changes"])
    differing = differences(before.table, table)
    if not differing:
        return view(before)
    return view(keep(before, table, entry_of("settings saved", who, *differing)))


def take_in(params: Params, who: Who) -> Result:
    """Let a whole `moltis.toml` take the place of all settings; its secrets go to the vault."""
    config = parse_config(params["settings"])
    before = current(params.get("version"))
    given = places_in(config)
    changes = (*differences(before.table, config.table), *stored_changes(given))
    if not changes:
        return view(before)
    return view(store(given, before, config.table, entry_of("settings imported", who, *changes)))


def give_out(_params: Params, _who: Who) -> Result:
    """Give the settings as a `moltis.toml`, without any secret."""
    there = current()
    document = {"phone": dict(there.table)}
    return {"version": there.version, "settings": document, "toml": toml_text(document)}


def view(settings: PhoneSettings) -> Result:
    """Show *settings*, and which secrets are stored."""
    by = settings.changed_by
    return {
        "version": settings.version,
        "changed_at": time_json(settings.changed_at),
        "changed_by": by.name if by else None,
        "settings": {"phone": dict(settings.table)},
        "secrets": shown(settings),
    }
