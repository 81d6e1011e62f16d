"""Credentials from Secrets Manager: one secret per account, briefly remembered, never printed."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from botocore.exceptions import ClientError

from chalicelib import aws
from chalicelib.overriding import override

REMEMBERED_SECS: Final = 30
_STORED_AT: Final = "stored_at"
"""Under which name a secret of ours tells the ages of its parts."""
_MISSING: Final = frozenset({"ResourceNotFoundException"})


class Credentials(Mapping[str, str]):
    """What is kept under one name; showing it shows only which secrets there are.

    `stored_at` says when each of them was put there, as far as that is known.
    """

    def __init__(
        self, values: Mapping[str, str], stored_at: Mapping[str, datetime] | None = None
    ) -> None:
        self._values = dict(values)
        self.stored_at: Mapping[str, datetime] = dict(stored_at or {})

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

    def now(self, account_id: str) -> Credentials:
        """The credentials as they are now, whatever is remembered of them."""
        credentials = self._read(account_id, "AWSCURRENT")
        known = self._remembered.get(account_id)
        if known is not None and dict(known.credentials) != dict(credentials):
            # What was known as the previous ones are those before them now: these must not be lost.
            self._remembered.pop(f"{account_id}/rotated", None)
        self._remembered[account_id] = _Remembered(credentials, self._monotonic())
        return credentials

    def store(self, account_id: str, credentials: Credentials) -> None:
        """Keep *credentials* as the current ones of an account, and those before as previous."""
        times = {key: at.isoformat() for key, at in credentials.stored_at.items()}
        self._write(account_id, dict(credentials) | ({_STORED_AT: times} if times else {}))

    def replace(self, account_id: str, credentials: Credentials) -> None:
        """Keep *credentials*, and nothing that was there before, not even as previous ones."""
        for _ in ("as the current ones", "as the previous ones too"):
            self.store(account_id, credentials)

    def _write(self, account_id: str, content: Mapping[str, object]) -> None:
        text = json.dumps(content, sort_keys=True)
        name = self._name(account_id)
        client = aws.client("secretsmanager")
        try:
            client.put_secret_value(SecretId=name, SecretString=text)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _MISSING:
                raise
            client.create_secret(Name=name, SecretString=text)
        self._remembered.pop(account_id, None)
        self._remembered.pop(f"{account_id}/rotated", None)

    def _read(self, account_id: str, stage: str) -> Credentials:
        try:
            secret = aws.client("secretsmanager").get_secret_value(
                SecretId=self._name(account_id), VersionStage=stage
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return Credentials({})
            raise
        content = json.loads(secret["SecretString"])
        times = content.pop(_STORED_AT, {})
        # What was put there by other means has the age of the whole.
        known = {key: secret["CreatedDate"].astimezone(UTC) for key in content}
        told = {key: datetime.fromisoformat(at) for key, at in times.items()}
        return Credentials(content, known | told)

    def _name(self, account_id: str) -> str:
        return f"{self._prefix}/{account_id}"


def shared(table: str) -> str:
    """Where the secrets of a table lie that is no account's, such as the agent's."""
    return f"phone/{table}"
