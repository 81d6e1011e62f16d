"""Every error we raise on purpose.

ConfigurationError                    a deployment is wrong; deliberately not a GatewayError
GatewayError                          .code, the word the outside sees
├── InvalidParamsError                .faults: which field, and why
│   └── BadPhoneNumberError           also a ValueError
├── UnknownCallError
├── UnknownAccountError
├── NoQueueError                      timers that are given up are not kept anywhere
├── CallOverError                     the call has ended; nothing more can be done in it
├── PolicyError                       .rule: what the owner does not allow
├── LimitReachedError                 .rule: what the owner does not allow *now*
├── ConflictError                     somebody wrote first
│   └── SettingsConflictError         .version .changed_by: what is there now, and whose it is
├── TooManyStrangersError             made-up tokens or accounts; so many are not looked up
├── SignatureError                    .reason: missing · malformed · stale · mismatch
├── PayloadError                      signed, but not readable
├── UnsupportedFeatureError           .feature: this carrier cannot do that
├── AgentError                        whoever answers could not
├── AudioError                        no sound, or more of it than we take
├── SpeechError                       a speech engine could not speak
└── ProviderError                     .provider .carrier_code .status_code
    ├── ProviderRejectedError         it said no; asking again is pointless
    ├── ProviderUnavailableError      it certainly did nothing; asking again is safe
    ├── ProviderUncertainError        it may have done it; never ask again blindly
    └── CallGoneError                 the carrier says that the call is over, or never was
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from chalicelib.overriding import override


class ConfigurationError(Exception):
    """A deployment or a file is wrong; no lenient handler may swallow it."""


class GatewayError(Exception):
    """The base of every error that a caller of ours can meet; `code` is its public name."""

    code = "internal"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with what we were given: which *field*, and the *reason*."""

    field: str
    reason: str

    @override
    def __str__(self) -> str:
        return f"{self.field}: {self.reason}" if self.field else self.reason


class InvalidParamsError(GatewayError):
    """What we were asked cannot be done as it was asked; `faults` holds all that is wrong."""

    code = "invalid_params"

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(str(fault) for fault in faults))
        self.faults = faults


class BadPhoneNumberError(InvalidParamsError, ValueError):
    """The text is not a telephone number that can be dialled from anywhere."""

    def __init__(self, reason: str, *, field: str = "to") -> None:
        super().__init__(Fault(field, reason))


class UnknownCallError(GatewayError):
    """There is no call with that id."""

    code = "unknown_call"

    def __init__(self, call_id: str) -> None:
        super().__init__(f"there is no call {call_id!r}; the history lists those there are")
        self.call_id = call_id


class UnknownAccountError(GatewayError):
    """There is no account with that id."""

    code = "unknown_account"

    def __init__(self, account_id: str, *known: str) -> None:
        others = f"; there are {', '.join(known)}" if known else ""
        super().__init__(f"there is no account {account_id!r}{others}")
        self.account_id = account_id


class NoQueueError(GatewayError):
    """There is no queue of timers that were given up, so none can be fired again."""

    code = "unsupported"

    def __init__(self) -> None:
        super().__init__(
            "this gateway has no queue of lost timers; deploy with the stack's template, "
            "which sets MOLTIS_LOST_TIMERS_QUEUE"
        )


class CallOverError(GatewayError):
    """The call has ended; nothing more can be said or pressed in it."""

    code = "call_over"

    def __init__(self, call_id: str) -> None:
        super().__init__(f"call {call_id!r} is already over")
        self.call_id = call_id


class PolicyError(GatewayError):
    """The owner's settings forbid it; `rule` names the setting."""

    code = "refused_by_policy"

    def __init__(self, message: str, *, rule: str) -> None:
        super().__init__(message)
        self.rule = rule


class LimitReachedError(GatewayError):
    """The owner's settings forbid it at the moment; `rule` names the setting."""

    code = "limit_reached"

    def __init__(self, message: str, *, rule: str) -> None:
        super().__init__(message)
        self.rule = rule


class ConflictError(GatewayError):
    """Somebody else changed the same thing first."""

    code = "conflict"


class SettingsConflictError(ConflictError):
    """Somebody saved the settings after they were read; `version` is what is there now."""

    def __init__(self, *, version: int, changed_by: str) -> None:
        by = f"{changed_by!r}" if changed_by else "somebody else"
        super().__init__(
            f"the settings were saved by {by} meanwhile, and now have version {version}; "
            "read them again, and repeat your change"
        )
        self.version = version
        self.changed_by = changed_by


class TooManyStrangersError(GatewayError):
    """So many unknown tokens, sessions or accounts came at once that no more are looked up."""

    code = "too_many_requests"

    def __init__(self) -> None:
        super().__init__("too many unknown tokens or accounts at once; try again in a second")


class SignatureError(GatewayError):
    """A webhook that its carrier did not sign; `reason` is a slug for logs and metrics."""

    code = "bad_signature"

    def __init__(self, reason: str) -> None:
        super().__init__(f"webhook signature refused: {reason}")
        self.reason = reason


class PayloadError(GatewayError):
    """An authentic webhook that we cannot read."""

    code = "unreadable_webhook"


class UnsupportedFeatureError(GatewayError):
    """The carrier has no way to do what was asked; `feature` names it."""

    code = "unsupported"

    def __init__(self, provider: str, feature: str) -> None:
        super().__init__(f"{provider} cannot do {feature!r}")
        self.feature = feature


class AgentError(GatewayError):
    """Whoever answers could not: it failed, was late, or made no sense."""

    code = "agent_failed"


class AudioError(GatewayError):
    """What should be sound is none that we can read, or more than we take."""

    code = "bad_audio"


class SpeechError(GatewayError):
    """A speech engine could not speak: it failed, was late, or gave no speech."""

    code = "speech_failed"


class ProviderError(GatewayError):
    """A carrier refused or failed; `carrier_code` is its own word for why, if it gave one."""

    code = "carrier_failed"

    def __init__(
        self, message: str, *, provider: str, carrier_code: str = "", status_code: int = 0
    ) -> None:
        super().__init__(message)
        self.provider = provider
        self.carrier_code = carrier_code
        self.status_code = status_code

    @property
    def is_carriers_own(self) -> bool:
        """Whether it is about the carrier or our account there, and certainly nothing happened.

        Another carrier might do then what this one did not.
        """
        return False


_OUR_ACCOUNT: Final = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN}
)


class ProviderRejectedError(ProviderError):
    """The carrier said no, and would say no again."""

    @property
    @override
    def is_carriers_own(self) -> bool:
        return self.status_code in _OUR_ACCOUNT


class ProviderUnavailableError(ProviderError):
    """The carrier certainly did nothing: it could not be reached, or had no room for us."""

    @property
    @override
    def is_carriers_own(self) -> bool:
        return True


class ProviderUncertainError(ProviderError):
    """The carrier may have done it: the request went out, and no readable answer came back."""


class CallGoneError(ProviderError):
    """The carrier says that the call is over already, or never was."""
