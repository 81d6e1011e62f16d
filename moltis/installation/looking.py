"""Looks whether an account is set up, at the carrier and from outside; changes nothing."""

from collections.abc import Iterator
from typing import Any

from chalicelib.providers.registry import PROVIDERS
from moltis.installation.settling import Given, refuse_strangers
from moltis.rpc_client import RefusedError, RpcClient

Look = dict[str, Any]


def look_at(rpc: RpcClient, account: dict[str, Any], given: Given | None = None) -> Look:
    """Say what is wrong with *account*, one of `voicecall.status`, and what is not as *given*."""
    seen: Look = {**account, "faults": [], "notes": [], "entries": [], "probes": []}
    try:
        seen |= _kept(rpc.ask("phone.survey", account=account["id"]))
        if not {fault["field"] for fault in seen["faults"]} - {"from_number"}:
            seen["probes"] = _probed(rpc, account["id"])
            if not all(probe["ok"] for probe in seen["probes"]):
                # All are tried at once: the first time, functions may be starting behind each.
                seen["probes"] = _probed(rpc, account["id"])
    except RefusedError as error:
        seen["faults"].append({"field": "carrier", "reason": str(error)})
    if given:
        seen["faults"] += _unlike(rpc, account, given)
    return seen | {"ready": account["enabled"] and is_right(seen)}


def is_right(seen: Look) -> bool:
    """Whether nothing is wrong with what was *seen*."""
    return (
        not seen["faults"]
        and not any(entry["differs"] for entry in seen["entries"])
        and all(probe["ok"] for probe in seen["probes"])
    )


def _unlike(rpc: RpcClient, account: dict[str, Any], given: Given) -> Iterator[dict[str, str]]:
    """What is set otherwise than it was *given*; the carrier is asked about credentials."""
    refuse_strangers(given, account["provider"])
    name, phone = account["id"], rpc.ask("phone.settings")["settings"]["phone"]
    own = (phone if name in PROVIDERS else phone["accounts"]).get(name, {})
    wanted = [(key, own.get(key), value) for key, value in given.settings.items()]
    if given.inbound_policy:
        wanted.append(("inbound_policy", phone.get("inbound_policy"), given.inbound_policy))
    if given.allowlist:
        listed = phone.get("allowlist", [])
        wanted.append(("allowlist", ", ".join(listed), ", ".join(given.allowlist)))
    for key, found, value in wanted:
        if found != value:
            yield {"field": key, "reason": f"is {found or 'not set'}, not {value}"}
    if given.credentials:
        base = given.settings.get("api_base_url")
        params = {"account": name, "credentials": dict(given.credentials)}
        yield from rpc.ask(
            "phone.test_credentials", **params, **({"api_base_url": base} if base else {})
        )["faults"]


def _probed(rpc: RpcClient, account_id: str) -> list[dict[str, Any]]:
    try:
        probes: list[dict[str, Any]] = rpc.ask("phone.probe", account=account_id)["probes"]
    except RefusedError as error:
        # What the carrier is still to tell or to make is among the differences already.
        if not error.is_usage:
            raise
        return []
    return probes


def _kept(survey: dict[str, Any]) -> dict[str, Any]:
    return {name: survey[name] for name in ("faults", "notes", "entries")}
