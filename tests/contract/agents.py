from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Final
from urllib.parse import unquote

import botocore.session
import pytest
from botocore.model import OperationModel, Shape
from botocore.validate import ParamValidator
from openai.types.chat import CompletionCreateParams
from pydantic import TypeAdapter, ValidationError

from chalicelib.agents import registry
from chalicelib.agents.base import Agent
from chalicelib.calls.terms import AgentKind, AgentSettings
from chalicelib.overriding import override
from tests.aws_dialects import Bedrock, Function
from tests.model_server import Asked, ChatCompletions, Dialect, ModelServer, Move

KEY: Final = "sk-secret-key"
WISHES: Final = "You answer for the bakery Krume."
Told = list[tuple[str, str]]


class AgentCase(ABC):
    """All that the contract's tests know about one kind of agent."""

    kind: ClassVar[AgentKind]
    dialect: ClassVar[Dialect]
    streams: ClassVar[bool]
    needs: ClassVar[Mapping[str, str]]
    secrets: ClassVar[tuple[str, ...]] = (KEY,)

    def serve(self, *script: Move) -> ModelServer:
        return ModelServer(*script, dialect=self.dialect)

    def settings(self, server_url: str, **changes: Any) -> AgentSettings:
        own: dict[str, Any] = {
            "kind": self.kind,
            "system_prompt": WISHES,
            "timeout_secs": 60.0,
            **self.needs,
        }
        return AgentSettings(**own | self.address(server_url) | changes)

    def agent(self, server_url: str, **changes: Any) -> Agent:
        return registry.build(self.settings(server_url, **changes), KEY)

    def address(self, server_url: str) -> dict[str, str]:
        """The setting that says where the server is, if it is one."""
        del server_url
        return {}

    def environment(self, server_url: str) -> Mapping[str, str]:
        """The variables that say where the server is, if they do."""
        del server_url
        return {}

    @abstractmethod
    def system(self, asked: Asked) -> str:
        """What it was told before the conversation."""

    @abstractmethod
    def told(self, asked: Asked) -> Told:
        """The conversation that it was told, as role and text."""

    @abstractmethod
    def objections(self, asked: Asked) -> list[str]:
        """What the vendor's own types find wrong with what was asked."""


class OpenAICase(AgentCase):
    kind = AgentKind.OPENAI
    dialect = ChatCompletions()
    streams = True
    needs: ClassVar[Mapping[str, str]] = {"model": "some-model"}
    _request: Final[TypeAdapter[Any]] = TypeAdapter(CompletionCreateParams)

    @override
    def address(self, server_url: str) -> dict[str, str]:
        return {"base_url": server_url}

    @override
    def system(self, asked: Asked) -> str:
        first = asked.body["messages"][0]
        assert first["role"] == "system"
        return str(first["content"])

    @override
    def told(self, asked: Asked) -> Told:
        return [(one["role"], one["content"]) for one in asked.body["messages"][1:]]

    @override
    def objections(self, asked: Asked) -> list[str]:
        try:
            self._request.validate_python(asked.body)
        except ValidationError as error:
            return [str(fault) for fault in error.errors()]
        return []


class BedrockCase(AgentCase):
    kind = AgentKind.BEDROCK
    dialect = Bedrock()
    streams = True
    needs: ClassVar[Mapping[str, str]] = {"model": "amazon.nova-lite-v1:0"}
    secrets = ("testing-secret",)

    @override
    def environment(self, server_url: str) -> Mapping[str, str]:
        return {
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": server_url,
            "AWS_SECRET_ACCESS_KEY": "testing-secret",
        }

    @override
    def system(self, asked: Asked) -> str:
        (only,) = asked.body["system"]
        return str(only["text"])

    @override
    def told(self, asked: Asked) -> Told:
        return [
            (one["role"], "".join(part["text"] for part in one["content"]))
            for one in asked.body["messages"]
        ]

    @override
    def objections(self, asked: Asked) -> list[str]:
        shape = bedrock_shape("ConverseStream" if self.dialect.wants_stream(asked) else "Converse")
        wanted = {"modelId": unquote(asked.path.split("/")[2]), **asked.body}
        found = objections_to(wanted, shape.input_shape)
        return [found] if found else []


class FunctionCase(AgentCase):
    kind = AgentKind.LAMBDA
    dialect = Function()
    streams = False
    needs: ClassVar[Mapping[str, str]] = {"function_name": "bakery"}
    secrets = ("testing-secret",)

    @override
    def environment(self, server_url: str) -> Mapping[str, str]:
        return {"AWS_ENDPOINT_URL_LAMBDA": server_url, "AWS_SECRET_ACCESS_KEY": "testing-secret"}

    @override
    def system(self, asked: Asked) -> str:
        return str(asked.body["system"])

    @override
    def told(self, asked: Asked) -> Told:
        return [(one["role"], one["content"]) for one in asked.body["messages"]]

    @override
    def objections(self, asked: Asked) -> list[str]:
        return [] if asked.path == "/2015-03-31/functions/bakery/invocations" else [asked.path]


def bedrock_shape(operation: str) -> OperationModel:
    """What botocore's model says of an operation of Bedrock."""
    service = botocore.session.get_session().get_service_model("bedrock-runtime")
    return service.operation_model(operation)


def objections_to(structure: Mapping[str, Any], shape: Shape) -> str:
    """What botocore finds wrong with *structure*; nothing if it is of that *shape*."""
    return str(ParamValidator().validate(structure, shape).generate_report())


CASES: Final[tuple[AgentCase, ...]] = (OpenAICase(), BedrockCase(), FunctionCase())
every_agent = pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.kind))
