"""Who may call, and who may be called."""

from chalicelib.accounts.account import Account, InboundPolicy
from chalicelib.calls.phone_numbers import PhoneNumber, caller, masked
from chalicelib.errors import PolicyError


def admits(account: Account, from_number: str) -> bool:
    """Whether *account* takes calls from *from_number*, as the carrier wrote it.

    Numbers are compared as E.164, whole; withheld and malformed ones never match a list.
    Caller ID is not identity: whoever can forge it passes an allowlist.
    """
    if not account.enabled or account.inbound_policy is InboundPolicy.DISABLED:
        return False
    if account.inbound_policy is InboundPolicy.OPEN:
        return True
    number = caller(from_number)
    return number is not None and number in account.allowlist


def check_may_call(account: Account, to: PhoneNumber) -> str:
    """Give the prefix by which *to* may be called, or say which setting forbids it.

    Raises:
        PolicyError: the account is off, or its prefixes do not allow the number.
    """
    if not account.enabled:
        message = "phone calls are off; set enabled = true under [phone]"
        raise PolicyError(message, rule="phone.enabled")
    limits = account.outbound
    denied = _longest(limits.deny, to)
    allowed = _longest(limits.allow, to)
    if not allowed:
        message = (
            f"{masked(to)} is outside of what may be called; "
            "add its prefix to allow under [phone.outbound]"
        )
        raise PolicyError(message, rule="phone.outbound.allow")
    if len(denied) >= len(allowed):
        message = f"calls to {denied}… are denied; change deny under [phone.outbound] to allow them"
        raise PolicyError(message, rule="phone.outbound.deny")
    return allowed


def check_is_ready(account: Account) -> None:
    """Let *account* place calls, or say what it lacks.

    Raises:
        PolicyError: no number to call from, or no address for the carrier's webhooks.
    """
    if account.missing:
        names = " and ".join(account.missing)
        pronoun = "them" if len(account.missing) > 1 else "it"
        where = f"[phone.{account.account_id}]"
        message = f"account {account.account_id!r} has no {names}; set {pronoun} under {where}"
        raise PolicyError(message, rule=f"phone.{account.account_id}")


def _longest(prefixes: tuple[str, ...], number: str) -> str:
    return max((p for p in prefixes if number.startswith(p)), key=len, default="")
