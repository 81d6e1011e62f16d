"""`make deploy`, `rollback`, `diff` and `destroy`: a package on its way to an account, and back."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import ConfigurationError
from moltis.deployment import smoke
from moltis.deployment.bucket import Bucket
from moltis.deployment.cloud import Cloud, refuse
from moltis.deployment.packaging import Package
from moltis.deployment.releases import Releases
from moltis.deployment.stack import Change, ChangeSet, Event, Stack
from moltis.deployment.stages import Address, address_of, stack_name
from moltis.deployment.template import functions

Say = Callable[[str], None]

_LOCAL_ARCHIVE: Final = "./deployment.zip"
_MARKS: Final = {"Add": "+", "Modify": "~", "Remove": "-", "Import": ">", "Dynamic": "?"}


@dataclass(frozen=True, slots=True)
class Deployment:
    """One stage in one account, and *say*, which tells a person what happens."""

    cloud: Cloud
    stage: str
    say: Say

    @property
    def stack(self) -> Stack:
        """The stage's stack."""
        return Stack(self.cloud, stack_name(self.stage))

    def deploy(
        self, package: Package, parameters: Mapping[str, str], *, may_lose_data: bool = False
    ) -> Address:
        """Upload *package*, show what changes, change it, and see whether the phone answers.

        Raises:
            ConfigurationError: AWS refuses, data would be lost, or the phone does not answer.
        """
        self.say(f"{self.stack.name} in account {self.cloud.account}, {self.cloud.region}")
        try:
            template = self._upload(package)
            self._change(template, parameters, may_lose_data=may_lose_data)
            self._releases.note(template)
            address = self._try()
        except (BotoCoreError, ClientError) as error:
            refuse(error, f"{self.stack.name} cannot be deployed")
        return address

    def rollback(self, *, may_lose_data: bool = False) -> Address:
        """Deploy what was deployed before, as it is kept: template and code; then forget the last.

        Raises:
            ConfigurationError: there is no stack or nothing before, AWS refuses, data would be
                lost, or the phone does not answer.
        """
        self._must_exist()
        try:
            template, when = self._releases.former()
            self.say(f"{self.stack.name}: back to what was deployed {when}")
            self._change(template, {}, may_lose_data=may_lose_data)
            self._releases.forget_last()
            address = self._try()
        except (BotoCoreError, ClientError) as error:
            refuse(error, f"{self.stack.name} cannot be rolled back")
        return address

    def diff(self, package: Package, parameters: Mapping[str, str]) -> bool:
        """Show what `deploy` would change, and change nothing; tells whether it would.

        Raises:
            ConfigurationError: AWS refuses.
        """
        try:
            proposed = self._propose(self._upload(package), parameters)
            if proposed is None:
                self.say("nothing changes")
                return False
            self._show(proposed)
            self.stack.withdraw(proposed)
        except (BotoCoreError, ClientError) as error:
            refuse(error, f"{self.stack.name} cannot be compared")
        return True

    def destroy(self) -> None:
        """Delete the stack.

        Raises:
            ConfigurationError: it is not there, or AWS refuses.
        """
        self._must_exist()
        try:
            self._follow(self.stack.delete())
        except (BotoCoreError, ClientError) as error:
            refuse(error, f"{self.stack.name} cannot be deleted")

    @property
    def _releases(self) -> Releases:
        return Releases(Bucket(self.cloud), self.stage)

    def _must_exist(self) -> None:
        if not self.stack.exists:
            message = f"there is no {self.stack.name} in account {self.cloud.account}"
            raise ConfigurationError(message)

    def _upload(self, package: Package) -> str:
        """Bring *package* to the bucket; gives the key of its template."""
        bucket = Bucket(self.cloud)
        if bucket.make():
            self.say(f"made the bucket {bucket.name}")
        code = bucket.upload(package.archive, "code")
        described = json.loads(package.template.read_text())
        _point_to(described, f"s3://{bucket.name}/{code}")
        uploaded = package.template.with_name("deployed.json")
        uploaded.write_text(json.dumps(described, sort_keys=True))
        return bucket.upload(uploaded, "template")

    def _propose(self, template: str, parameters: Mapping[str, str]) -> ChangeSet | None:
        return self.stack.propose(Bucket(self.cloud).address(template), parameters)

    def _change(self, template: str, parameters: Mapping[str, str], *, may_lose_data: bool) -> None:
        proposed = self._propose(template, parameters)
        if proposed is None:
            self.say("nothing changes")
            return
        self._show(proposed)
        self._guard(proposed, may_lose_data=may_lose_data)
        self._follow(self.stack.apply(proposed))

    def _try(self) -> Address:
        """Show where the phone is, and see whether it answers."""
        address = address_of(self.cloud, self.stage)
        self._show_outputs(address)
        smoke.check(self.cloud, address, self.say)
        return address

    def _follow(self, events: Iterable[Event]) -> None:
        for event in events:
            if event.is_over:
                self.say(f"  {event.status:<28} {event.name}  {event.reason}".rstrip())

    def _show(self, proposed: ChangeSet) -> None:
        for change in proposed.changes:
            self.say(f"  {_shown(change)}")

    def _guard(self, proposed: ChangeSet, *, may_lose_data: bool) -> None:
        lost = [change.name for change in proposed.changes if change.loses_data]
        if lost and not may_lose_data:
            self.stack.withdraw(proposed)
            message = f"this would lose what {', '.join(lost)} remembers; say so with LOSE_DATA=yes"
            raise ConfigurationError(message)

    def _show_outputs(self, address: Address) -> None:
        self.say("")
        self.say(f"EndpointURL       {address.url}")
        self.say(f"AdminTokenSecret  {address.token_secret}")
        self.say("")


def _point_to(described: dict[str, Any], archive: str) -> None:
    for _, function in functions(described):
        if function["Properties"]["CodeUri"] == _LOCAL_ARCHIVE:
            function["Properties"]["CodeUri"] = archive


def _shown(change: Change) -> str:
    what = ", ".join(change.properties)
    note = " — REPLACED" if change.replaces else ""
    line = f"{_MARKS.get(change.action, '?')} {change.name} ({change.kind}){note}  {what}"
    return line.rstrip()
