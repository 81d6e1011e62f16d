"""`python -m tests.infra.agents` writes the templates that register the tool with AWS's agents."""

import json
from pathlib import Path
from typing import Any, Final

from chalicelib.parameters import Schema
from chalicelib.tool.formats import agentcore, bedrock_agent

FOLDER: Final = Path(__file__).parents[2] / "infra" / "agents"

Json = dict[str, Any]

_FUNCTION: Final[Json] = {
    "VoiceCallFunctionArn": {
        "Type": "String",
        "Description": "ARN of the Lambda function voice_call of a deployed stage",
    }
}
_ARN: Final = {"Ref": "VoiceCallFunctionArn"}


def bedrock_agent_template() -> Json:
    """An agent of Amazon Bedrock that has the telephone as an action group."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "An agent of Amazon Bedrock with the telephone as an action group",
        "Parameters": {
            **_FUNCTION,
            "FoundationModel": {
                "Type": "String",
                "Description": "Id or ARN of the model that thinks for the agent",
            },
            "AgentName": {"Type": "String", "Default": "telephone-agent"},
        },
        "Resources": {
            "AgentRole": _role("bedrock.amazonaws.com", _may_think()),
            "Agent": _agent(),
            "MayInvoke": {
                "Type": "AWS::Lambda::Permission",
                "Properties": {
                    "Action": "lambda:InvokeFunction",
                    "FunctionName": _ARN,
                    "Principal": "bedrock.amazonaws.com",
                    "SourceAccount": {"Ref": "AWS::AccountId"},
                    "SourceArn": {"Fn::GetAtt": ["Agent", "AgentArn"]},
                },
            },
        },
        "Outputs": {"AgentId": {"Value": {"Fn::GetAtt": ["Agent", "AgentId"]}}},
    }


def _agent() -> Json:
    group = {
        "ActionGroupName": "telephone",
        "Description": "Make real telephone calls, follow them, act in them",
        "ActionGroupExecutor": {"Lambda": _ARN},
        "FunctionSchema": {
            "Functions": [_capital(function) for function in bedrock_agent()["functions"]]
        },
    }
    return {
        "Type": "AWS::Bedrock::Agent",
        "Properties": {
            "AgentName": {"Ref": "AgentName"},
            "AgentResourceRoleArn": {"Fn::GetAtt": ["AgentRole", "Arn"]},
            "FoundationModel": {"Ref": "FoundationModel"},
            "AutoPrepare": True,
            "Instruction": "You make telephone calls for the user, follow them to their end, and "
            "report what was said.",
            "ActionGroups": [group],
        },
    }


def agentcore_template() -> Json:
    """A target of an AgentCore gateway, and what lets the gateway's role invoke the telephone."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The telephone as a target of an Amazon Bedrock AgentCore gateway",
        "Parameters": {
            **_FUNCTION,
            "GatewayId": {"Type": "String", "Description": "Id of the gateway, which is there"},
            "GatewayRoleName": {
                "Type": "String",
                "Description": "Name of the gateway's role, which is allowed to invoke us here",
            },
        },
        "Resources": {
            "MayInvoke": {
                "Type": "AWS::IAM::RolePolicy",
                "Properties": {
                    "PolicyName": "invoke-telephone",
                    "RoleName": {"Ref": "GatewayRoleName"},
                    "PolicyDocument": _policy("lambda:InvokeFunction", _ARN),
                },
            },
            "Target": _target(),
        },
        "Outputs": {"TargetId": {"Value": {"Fn::GetAtt": ["Target", "TargetId"]}}},
    }


def _target() -> Json:
    tools = [_tool(one) for one in agentcore()]
    function = {"LambdaArn": _ARN, "ToolSchema": {"InlinePayload": tools}}
    return {
        "Type": "AWS::BedrockAgentCore::GatewayTarget",
        "DependsOn": "MayInvoke",
        "Properties": {
            "Name": "telephone",
            "Description": "Make real telephone calls, follow them, act in them",
            "GatewayIdentifier": {"Ref": "GatewayId"},
            "CredentialProviderConfigurations": [{"CredentialProviderType": "GATEWAY_IAM_ROLE"}],
            "TargetConfiguration": {"Mcp": {"Lambda": function}},
        },
    }


def _role(service: str, policy: Json) -> Json:
    assumed = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
    }
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [assumed]},
            "Policies": [{"PolicyName": "think", "PolicyDocument": policy}],
        },
    }


def _may_think() -> Json:
    models = "arn:${AWS::Partition}:bedrock:*"
    return _policy(
        "bedrock:InvokeModel",
        [
            {"Fn::Sub": f"{models}::foundation-model/*"},
            {"Fn::Sub": f"{models}:${{AWS::AccountId}}:inference-profile/*"},
        ],
    )


def _policy(action: str, resource: object) -> Json:
    allowed = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [allowed]}


def _capital(function: Json) -> Json:
    parameters = {name: _big(one) for name, one in function["parameters"].items()}
    return {**_big(function), "Parameters": parameters}


def _tool(described: Json) -> Json:
    return {**_big(described), "InputSchema": _schema(described["inputSchema"])}


def _schema(schema: Schema) -> Json:
    made = _big(schema)
    if "Properties" in made:
        made["Properties"] = {name: _schema(one) for name, one in schema["properties"].items()}
    return made


def _big(names: Json) -> Json:
    """Spell *names* as CloudFormation does."""
    return {name[0].upper() + name[1:]: value for name, value in names.items()}


TEMPLATES: Final = {
    "bedrock-agent.json": bedrock_agent_template,
    "agentcore-target.json": agentcore_template,
}


def written(name: str) -> str:
    """The text of the template called *name*."""
    return json.dumps(TEMPLATES[name](), indent=2) + "\n"


def main() -> None:
    for name in TEMPLATES:
        (FOLDER / name).write_text(written(name))


if __name__ == "__main__":
    main()
