"""One stack, changed by change sets that are shown before they are applied."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError, WaiterError

from chalicelib.errors import ConfigurationError
from moltis.deployment.cloud import Cloud

LOOK_EVERY_SECS: Final = 2.0
_NOTHING: Final = ("didn't contain changes", "No updates are to be performed")
_NOT_THERE: Final = "does not exist"
_NOT_BEGUN: Final = "REVIEW_IN_PROGRESS"
_LOSES_DATA: Final = frozenset({"AWS::DynamoDB::Table", "AWS::S3::Bucket"})
_PREFIX: Final = "deploy"


@dataclass(frozen=True, slots=True)
class Change:
    """What a change set would do to one resource."""

    action: str
    name: str
    kind: str
    replaces: bool
    properties: tuple[str, ...]

    @property
    def loses_data(self) -> bool:
        """Whether what was remembered would be gone."""
        return self.kind in _LOSES_DATA and (self.replaces or self.action == "Remove")


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A change that CloudFormation is ready to make."""

    name: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a resource while the stack changed."""

    event_id: str
    name: str
    status: str
    reason: str

    @property
    def is_over(self) -> bool:
        """Whether the resource is where it stays."""
        return not self.status.endswith("IN_PROGRESS")

    @property
    def is_failure(self) -> bool:
        """Whether it went wrong."""
        return self.status.endswith("FAILED") and "cancelled" not in self.reason


class Stack:
    """The stack called *name*."""

    def __init__(self, cloud: Cloud, name: str) -> None:
        self.name = name
        self._formation = cloud.client("cloudformation")
        self._s3 = cloud.client("s3")

    def state(self) -> Mapping[str, Any] | None:
        """What CloudFormation says of the stack, if it is there."""
        try:
            return dict(self._formation.describe_stacks(StackName=self.name)["Stacks"][0])
        except ClientError as error:
            if _NOT_THERE in str(error):
                return None
            raise

    @property
    def exists(self) -> bool:
        """Whether it is there, and not only announced."""
        state = self.state()
        return state is not None and state["StackStatus"] != _NOT_BEGUN

    def outputs(self) -> dict[str, str]:
        """What the stack says of itself; nothing if it is not there."""
        state = self.state() or {}
        return {one["OutputKey"]: one["OutputValue"] for one in state.get("Outputs", [])}

    def propose(self, template_url: str, parameters: Mapping[str, str]) -> ChangeSet | None:
        """Have CloudFormation work out what would change; nothing if nothing would.

        Raises:
            ConfigurationError: it refuses the template or the parameters.
        """
        state = self.state()
        name = f"{_PREFIX}-{time.time_ns()}"
        is_new = not state or state["StackStatus"] in {_NOT_BEGUN, "ROLLBACK_COMPLETE"}
        if state and state["StackStatus"] == "ROLLBACK_COMPLETE":
            self._remove()
        known = {one["ParameterKey"] for one in (state or {}).get("Parameters", [])}
        try:
            self._formation.create_change_set(
                StackName=self.name,
                ChangeSetName=name,
                ChangeSetType="CREATE" if is_new else "UPDATE",
                TemplateURL=template_url,
                Parameters=_parameters(self._asked_for(template_url), parameters, known),
                Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
                # A table that was kept when its stack was deleted is taken in again.
                ImportExistingResources=True,
            )
        except ClientError as error:
            message = f"CloudFormation refuses the stack {self.name}: {_words(error)}"
            raise ConfigurationError(message) from error
        return self._worked_out(name)

    def apply(self, change_set: ChangeSet) -> Iterator[Event]:
        """Make the change, and tell what happens until it is done.

        Raises:
            ConfigurationError: it failed, and CloudFormation took it back.
        """
        seen = {event.event_id for event in self._events()}
        self._formation.execute_change_set(StackName=self.name, ChangeSetName=change_set.name)
        yield from self._until_settled(seen, wanted=("CREATE_COMPLETE", "UPDATE_COMPLETE"))

    def withdraw(self, change_set: ChangeSet) -> None:
        """Forget *change_set*, and the stack, too, if it was only announced."""
        self._formation.delete_change_set(StackName=self.name, ChangeSetName=change_set.name)
        if not self.exists:
            self._formation.delete_stack(StackName=self.name)

    def delete(self) -> Iterator[Event]:
        """Delete the stack, and tell what happens until it is gone.

        Raises:
            ConfigurationError: something could not be deleted.
        """
        seen = {event.event_id for event in self._events()}
        stack_id = (self.state() or {})["StackId"]
        self._empty_buckets()
        self._formation.delete_stack(StackName=self.name)
        yield from self._until_settled(seen, wanted=("DELETE_COMPLETE",), stack_id=stack_id)

    def _empty_buckets(self) -> None:
        """Throw away what can be made again: a bucket that holds anything is not deleted."""
        pages = self._formation.get_paginator("list_stack_resources").paginate(StackName=self.name)
        for one in [one for page in pages for one in page["StackResourceSummaries"]]:
            if one["ResourceType"] == "AWS::S3::Bucket" and "PhysicalResourceId" in one:
                self._empty(one["PhysicalResourceId"])

    def _empty(self, bucket: str) -> None:
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            keys = [{"Key": one["Key"]} for one in page.get("Contents", ())]
            if keys:
                self._s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})

    def _asked_for(self, template_url: str) -> set[str]:
        summary = self._formation.get_template_summary(TemplateURL=template_url)
        return {one["ParameterKey"] for one in summary["Parameters"]}

    def _worked_out(self, name: str) -> ChangeSet | None:
        place = {"StackName": self.name, "ChangeSetName": name}
        waiter = self._formation.get_waiter("change_set_create_complete")
        try:
            waiter.wait(**place, WaiterConfig={"Delay": LOOK_EVERY_SECS, "MaxAttempts": 150})
        except WaiterError as error:
            reason = str(self._formation.describe_change_set(**place).get("StatusReason", error))
            self._formation.delete_change_set(**place)
            if any(words in reason for words in _NOTHING):
                return None
            message = f"CloudFormation cannot change the stack {self.name}: {reason}"
            raise ConfigurationError(message) from error
        pages = self._formation.get_paginator("describe_change_set").paginate(**place)
        found = [one["ResourceChange"] for page in pages for one in page["Changes"]]
        return ChangeSet(name, tuple(sorted(map(_change, found), key=lambda one: one.name)))

    def _remove(self) -> None:
        """Delete a stack that never came to be: nothing can be done with it but that."""
        for _ in self.delete():
            pass

    def _events(self, stack_id: str = "") -> list[Event]:
        try:
            pages = self._formation.get_paginator("describe_stack_events").paginate(
                StackName=stack_id or self.name
            )
            found = [one for page in pages for one in page["StackEvents"]]
        except ClientError as error:
            if _NOT_THERE in str(error):
                return []
            raise
        return [_event(one) for one in reversed(found)]

    def _until_settled(
        self, seen: set[str], *, wanted: Sequence[str], stack_id: str = ""
    ) -> Iterator[Event]:
        first_failure = ""
        while True:
            status = self._status(stack_id)
            for event in self._events(stack_id):
                if event.event_id not in seen:
                    seen.add(event.event_id)
                    first_failure = first_failure or (_told(event) if event.is_failure else "")
                    yield event
            if status in wanted:
                return
            if not status.endswith("IN_PROGRESS"):
                message = f"the stack {self.name} is now {status}; it began with {first_failure}"
                raise ConfigurationError(message)
            time.sleep(LOOK_EVERY_SECS)

    def _status(self, stack_id: str) -> str:
        name = stack_id or self.name
        try:
            found = self._formation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        except ClientError as error:
            if _NOT_THERE in str(error):
                return "DELETE_COMPLETE"
            raise
        return str(found)


def _parameters(
    asked_for: set[str], given: Mapping[str, str], known: set[str]
) -> list[dict[str, Any]]:
    """What was chosen once stays, until something else is chosen."""
    unknown = sorted(given.keys() - asked_for)
    if unknown:
        message = f"the stack has no parameter {', '.join(unknown)}; {', '.join(sorted(asked_for))}"
        raise ConfigurationError(message)
    chosen = [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]
    kept = asked_for & known - given.keys()
    return chosen + [{"ParameterKey": key, "UsePreviousValue": True} for key in sorted(kept)]


def _change(found: Mapping[str, Any]) -> Change:
    names = {detail["Target"].get("Name", "") for detail in found.get("Details", [])}
    return Change(
        action=found["Action"],
        name=found["LogicalResourceId"],
        kind=found["ResourceType"],
        replaces=found.get("Replacement") in {"True", "Conditional"},
        properties=tuple(sorted(name for name in names if name)),
    )


def _event(found: Mapping[str, Any]) -> Event:
    return Event(
        event_id=found["EventId"],
        name=found["LogicalResourceId"],
        status=found["ResourceStatus"],
        reason=found.get("ResourceStatusReason", ""),
    )


def _told(event: Event) -> str:
    return f"{event.name}: {event.status} {event.reason}".strip()


def _words(error: ClientError) -> str:
    return str(error.response["Error"].get("Message") or error)
