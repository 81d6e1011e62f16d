"""Simulated carriers, which stand in for those of accounts that have no credentials."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from chalicelib.accounts.account import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulator:
    """Where simulated carriers are, by provider, and where they reach us."""

    gateway_url: str
    carrier_urls: Mapping[str, str]

    def stand_in(self, account: Account, place: int) -> Account:
        """Connect *account*, the one at *place* among all, with a simulated carrier."""
        url = self.carrier_urls.get(account.provider)
        if url is None:
            return account
        return replace(
            account,
            simulated=True,
            from_number=account.from_number or f"+1555010{place:04}",
            webhook_url=self.gateway_url,
            api_base_url=url,
        )
