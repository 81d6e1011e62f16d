"""What the owner may ask about the carrier: is all right there, make it so, prove that it is."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from chalicelib import wiring
from chalicelib.accounts.account import Account
from chalicelib.accounts.audit import Change, Who
from chalicelib.errors import Fault, InvalidParamsError, ProviderRejectedError, UnknownAccountError
from chalicelib.internet import LOOPBACK
from chalicelib.owner.credentials import store, stored_changes
from chalicelib.owner.keeping import current, entry_of
from chalicelib.owner.secret_places import places_of
from chalicelib.parameters import Params
from chalicelib.providers.registry import PROVIDERS
from chalicelib.provisioning.base import Addresses, Console, Entry, Holder, Survey
from chalicelib.provisioning.probes import Knock, Probe, probe_all
from chalicelib.provisioning.registry import CONSOLES, open_console
from chalicelib.provisioning.seals import Seal
from chalicelib.setting_kinds import ADDRESS
from chalicelib.vault import Credentials

Result = dict[str, Any]

TOLD: Final = "as the carrier tells it"
_UNAUTHORIZED: Final = 401


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    """A look into the console of one account, and what was seen there."""

    account: Account
    credentials: Mapping[str, str]
    faults: tuple[Fault, ...]
    console: Console | None = None
    holder: Holder | None = None
    survey: Survey | None = None

    @property
    def told(self) -> dict[str, str]:
        """The credentials that the carrier tells, and that are not stored so."""
        told = self.holder.tells if self.holder else {}
        return {k: v for k, v in told.items() if v and self.credentials.get(k) != v}

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What stands there and here, beside what should."""
        told = tuple(
            Entry(name=name, found="another" if self.credentials.get(name) else "", wanted=TOLD)
            for name in self.told
        )
        return (*told, *(self.survey.entries if self.survey else ()))

    @property
    def is_right(self) -> bool:
        """Whether nothing is left to be done."""
        return not self.faults and not any(entry.differs for entry in self.entries)


def try_credentials(params: Params, _who: Who) -> Result:
    """Ask the carrier whether credentials are right, before they are stored or after."""
    account = _account_or_blank(params.get("account", wiring.DEFAULT))
    given = params.get("credentials", {})
    _check_given(account.provider, given, params.get("api_base_url", ""))
    # Credentials of one's own mean that the simulation is over.
    stored = {} if given and account.simulated else wiring.vault().now(account.credentials_name)
    base = "" if given and account.simulated else account.api_base_url
    credentials = {**stored, **given}
    console = open_console(
        account.provider, credentials, api_base_url=params.get("api_base_url", base)
    )
    faults = list(_missing_credentials(account.provider, credentials))
    holder = None if faults else _identify(console, account.provider, faults)
    return {
        "account": account.account_id,
        "provider": account.provider,
        "ok": not faults,
        "faults": [asdict(fault) for fault in faults],
        "holder": holder.name if holder else None,
        "notes": list(holder.notes) if holder else [],
        "numbers": [asdict(number) for number in console.numbers()] if holder else [],
    }


def survey(params: Params, _who: Who) -> Result:
    """Show what stands at the carrier about an account's number, beside what should."""
    return _visit_json(_visit(wiring.account(params.get("account", wiring.DEFAULT))))


def connect(params: Params, who: Who) -> Result:
    """Write at the carrier what differs, so that calls to the number reach this gateway."""
    visit = _visit(wiring.account(params.get("account", wiring.DEFAULT)))
    if visit.faults or visit.console is None:
        raise InvalidParamsError(*visit.faults)
    account = visit.account
    made = visit.console.connect(account.from_number, Addresses.of(account))
    written = [entry for entry in visit.entries if entry.differs]
    _keep(visit, {**visit.told, **made}, written, who)
    after = _visit(wiring.account(account.account_id))
    return {**_visit_json(after), "written": [entry.name for entry in written]}


def _keep(visit: _Visit, learned: Mapping[str, str], written: list[Entry], who: Who) -> None:
    """Store the credentials that were learned, and write down what was done at the carrier."""
    account = visit.account
    name = account.account_id
    changes = tuple(
        Change(key=f"{name} {entry.name}", before=entry.found, after=entry.wanted)
        for entry in written
    )
    if learned and account.simulated:
        merged = Credentials({**visit.credentials, **learned})
        wiring.vault().store(account.credentials_name, merged)
    elif learned:
        before = current()
        prefix = f"phone.{'' if name in PROVIDERS else 'accounts.'}{name}"
        keys = {f"{prefix}.{key}": value for key, value in learned.items()}
        given = {place: keys[place.key] for place in places_of(keys, before.table)}
        entry = entry_of("carrier set up", who, *changes, *stored_changes(given))
        store(given, before, before.table, entry)
        return
    if changes:
        wiring.audit().append(entry_of("carrier set up", who, *changes))


def probe(params: Params, _who: Who) -> Result:
    """Prove from outside that each webhook of an account leads here, and only when signed."""
    account = wiring.account(params.get("account", wiring.DEFAULT))
    credentials = wiring.vault().now(account.credentials_name)
    seal = Seal.of(credentials, PROVIDERS[account.provider].needs)
    faults = [
        *(Fault(name, "is missing") for name in account.missing if name == "webhook_url"),
        *_missing_credentials(account.provider, credentials, all_of_them=True),
    ]
    if faults or seal is None:
        raise InvalidParamsError(*faults)
    console = open_console(account.provider, credentials, api_base_url=account.api_base_url)
    probes = probe_all(account, console, seal)
    return {
        "account": account.account_id,
        "ok": all(probe.is_right for probe in probes),
        "probes": [_probe_json(probe) for probe in probes],
    }


def _visit(account: Account) -> _Visit:
    credentials = wiring.vault().now(account.credentials_name)
    faults = list(_setting_faults(account))
    faults += _missing_credentials(account.provider, credentials)
    if faults:
        return _Visit(account=account, credentials=credentials, faults=tuple(faults))
    console = open_console(account.provider, credentials, api_base_url=account.api_base_url)
    holder = _identify(console, account.provider, faults)
    survey = console.survey(account.from_number, Addresses.of(account)) if holder else None
    if survey is not None:
        faults += _number_faults(survey, account.provider)
    return _Visit(
        account=account,
        credentials=credentials,
        faults=tuple(faults),
        console=console,
        holder=holder,
        survey=survey,
    )


def _identify(console: Console, provider: str, faults: list[Fault]) -> Holder | None:
    try:
        return console.identify()
    except ProviderRejectedError as error:
        if error.status_code != _UNAUTHORIZED:
            raise
        names = " and ".join(_asked_for(provider))
        faults.append(Fault(names, f"{provider} does not know these credentials"))
        return None


def _account_or_blank(account_id: str) -> Account:
    """The account, or the one that a carrier's name would get."""
    try:
        return wiring.account(account_id)
    except UnknownAccountError:
        if account_id not in PROVIDERS:
            raise
        return Account(account_id=account_id, provider=account_id)


def _check_given(provider: str, given: Mapping[str, Any], api_base_url: str) -> None:
    known = (*PROVIDERS[provider].needs, *PROVIDERS[provider].accepts)
    faults = [
        Fault(f"credentials.{name}", f"must be text, under one of {', '.join(known)}")
        for name, value in given.items()
        if name not in known or not isinstance(value, str)
    ]
    # No other addresses than the setting of that name may hold.
    if reason := ADDRESS.fault(api_base_url):
        faults.append(Fault("api_base_url", reason))
    if faults:
        raise InvalidParamsError(*faults)


def _asked_for(provider: str) -> list[str]:
    tells = CONSOLES[provider].tells if provider in CONSOLES else ()
    return [name for name in PROVIDERS[provider].needs if name not in tells]


def _missing_credentials(
    provider: str, credentials: Mapping[str, str], *, all_of_them: bool = False
) -> Iterator[Fault]:
    needed = PROVIDERS[provider].needs if all_of_them else _asked_for(provider)
    for name in needed:
        if not credentials.get(name):
            yield Fault(name, "is missing")


def _setting_faults(account: Account) -> Iterator[Fault]:
    for name in account.missing:
        yield Fault(name, "is missing")
    here = urlsplit(account.webhook_url).hostname in LOOPBACK
    if here and urlsplit(account.api_base_url).hostname not in LOOPBACK:
        reason = "is on this machine, where no carrier can call: give a public address"
        yield Fault("webhook_url", reason)


def _number_faults(survey: Survey, provider: str) -> Iterator[Fault]:
    if not survey.owned:
        yield Fault("from_number", f"is not a number of this account at {provider}")
    elif not survey.voice:
        yield Fault("from_number", "may do no voice: take another number")


def _visit_json(visit: _Visit) -> Result:
    survey = visit.survey
    notes = (*(visit.holder.notes if visit.holder else ()), *(survey.notes if survey else ()))
    return {
        "account": visit.account.account_id,
        "provider": visit.account.provider,
        "number": visit.account.from_number or None,
        "ready": visit.is_right,
        "faults": [asdict(fault) for fault in visit.faults],
        "holder": visit.holder.name if visit.holder else None,
        "notes": list(notes),
        "entries": [asdict(entry) | {"differs": entry.differs} for entry in visit.entries],
    }


def _probe_json(probe: Probe) -> Result:
    return {
        "route": probe.route,
        "url": probe.url,
        "ok": probe.is_right,
        "proves_signature": probe.proves_signature,
        "signed": _knock_json(probe.signed),
        "unsigned": _knock_json(probe.unsigned),
    }


def _knock_json(knock: Knock) -> dict[str, Any]:
    return {**asdict(knock), "ok": not knock.finding}
