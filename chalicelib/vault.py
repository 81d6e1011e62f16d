"""Credentials from Secrets Manager: one secret per account, briefly remembered, never printed."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import ClientError

from chalicelib import aws
from chalicelib.overriding import override

REMEMBERED_SECS: Final = 30
_MISSING: Final = frozenset({"ResourceNotFoundException"})


class Credentials(Mapping[str, str]):
    """An account's credentials; showing them shows only which there are."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    @override
    def __getitem__(self, key: str) -> str:
        return self._values[key]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    @override
    def __len__(self) -> int:
        return len(self._values)

    @override
    def __repr__(self) -> str:
        return f"Credentials({', '.join(sorted(self._values))})"


@dataclass(frozen=True, slots=True)
class _Remembered:
    credentials: Credentials
    read_at: float


class Vault:
    """The secrets below *prefix*; *monotonic* counts seconds."""

    def __init__(self, prefix: str, *, monotonic: Callable[[], float]) -> None:
        self._prefix = prefix
        self._monotonic = monotonic
        self._remembered: dict[str, _Remembered] = {}

    def credentials(self, account_id: str) -> Credentials:
        """The credentials of an account; empty when it has none."""
        known = self._remembered.get(account_id)
        now = self._monotonic()
        if known is not None and now - known.read_at < REMEMBERED_SECS:
            return known.credentials
        credentials = self._read(account_id, "AWSCURRENT")
        self._remembered[account_id] = _Remembered(credentials, now)
        return credentials

    def rotated(self, account_id: str) -> list[Credentials]:
        """What else may be right when the remembered credentials are not: rotation happens.

        The current credentials if they have changed, then the previous ones. Whoever forges
        webhooks cannot make us ask more often than once in the time we remember.
        """
        known = self._remembered.get(account_id)
        key = f"{account_id}/rotated"
        asked = self._remembered.get(key)
        now = self._monotonic()
        if asked is not None and now - asked.read_at < REMEMBERED_SECS:
            return [asked.credentials] if asked.credentials else []
        current = self._read(account_id, "AWSCURRENT")
        previous = self._read(account_id, "AWSPREVIOUS")
        self._remembered[account_id] = _Remembered(current, now)
        self._remembered[key] = _Remembered(previous, now)
        changed = known is not None and dict(current) != dict(known.credentials)
        return [*([current] if changed else []), *([previous] if previous else [])]

    def store(self, account_id: str, credentials: Mapping[str, str]) -> None:
        """Keep *credentials* as the current ones of an account."""
        text = json.dumps(dict(credentials), sort_keys=True)
        name = self._name(account_id)
        client = aws.client("secretsmanager")
        try:
            client.put_secret_value(SecretId=name, SecretString=text)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _MISSING:
                raise
            client.create_secret(Name=name, SecretString=text)
        self._remembered.pop(account_id, None)

    def _read(self, account_id: str, stage: str) -> Credentials:
        try:
            secret = aws.client("secretsmanager").get_secret_value(
                SecretId=self._name(account_id), VersionStage=stage
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return Credentials({})
            raise
        return Credentials(json.loads(secret["SecretString"]))

    def _name(self, account_id: str) -> str:
        return f"{self._prefix}/{account_id}"
