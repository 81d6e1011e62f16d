"""Looks whether an account is set up, at the carrier and from outside; changes nothing."""

from typing import Any

from moltis.rpc_client import RefusedError, RpcClient

Look = dict[str, Any]


def look_at(rpc: RpcClient, account: dict[str, Any]) -> Look:
    """Say what is wrong with *account*, one of `voicecall.status`."""
    seen: Look = {**account, "faults": [], "notes": [], "entries": [], "probes": []}
    try:
        seen |= _kept(rpc.ask("phone.survey", account=account["id"]))
        if not {fault["field"] for fault in seen["faults"]} - {"from_number"}:
            seen["probes"] = _probed(rpc, account["id"])
    except RefusedError as error:
        seen["faults"].append({"field": "carrier", "reason": str(error)})
    return seen | {"ready": account["enabled"] and is_right(seen)}


def is_right(seen: Look) -> bool:
    """Whether nothing is wrong with what was *seen*."""
    return (
        not seen["faults"]
        and not any(entry["differs"] for entry in seen["entries"])
        and all(probe["ok"] for probe in seen["probes"])
    )


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
