"""The stack as data: the files of `infra/` in one, for one stage, as CloudFormation reads them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from chalicelib.errors import ConfigurationError
from moltis.deployment.locked import ROOT

INFRA: Final = ROOT / "infra"
Template = dict[str, Any]

_UPLOADED: Final = "${APIHandler.Arn}"
_IN_USE: Final = "ApiHandlerInUse"


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, and `!ReadJson FILE`."""


def template_for(stage: str, *, traced: bool) -> Template:
    """Put together what stands around the functions in *stage*.

    Raises:
        ConfigurationError: two files say different things of one resource.
    """
    files = [*sorted((INFRA / "stack").glob("*.yaml"))]
    overlay = INFRA / "stages" / f"{stage}.yaml"
    files += [overlay] if overlay.exists() else []
    files += [INFRA / "options" / "tracing.yaml"] if traced else []
    merged: Template = {}
    for path in files:
        _merge(merged, _read(path), (path.name,))
    stages: Template = merged["Parameters"]["Stage"]
    stages |= {"Default": stage, "AllowedValues": [stage]}
    return merged


def finish(template: Template) -> Template:
    """Have the API call what is in use, and not whatever was uploaded last."""
    for operations in template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"][
        "paths"
    ].values():
        for operation in operations.values():
            integration = operation["x-amazon-apigateway-integration"]
            uri = integration["uri"]["Fn::Sub"].replace(_UPLOADED, f"${{{_IN_USE}}}")
            integration["uri"] = {"Fn::Sub": [uri, {_IN_USE: {"Ref": "APIHandler.Alias"}}]}
    # Chalice's own address stands beside ours, which may be a name of somebody's own.
    template["Outputs"]["EndpointURL"]["Value"].pop("Fn::Sub")
    return template


def functions(template: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the Lambda functions of *template*, by their names in it."""
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            yield name, resource


def _read(path: Path) -> Template:
    # A subclass of the safe loader, with constructors that make lists and dictionaries only.
    loader = _Loader(path.read_text())
    loader.name = str(path)
    try:
        content: Template = loader.get_single_data()
    finally:
        loader.dispose()
    return content


def _merge(into: Template, more: Template, place: tuple[str, ...]) -> None:
    for key, value in more.items():
        known = into.get(key)
        if isinstance(known, dict) and isinstance(value, dict):
            _merge(known, value, (*place, key))
        elif known is not None and known != value:
            message = f"{'/'.join((*place, key))} says {value!r}; another file says {known!r}"
            raise ConfigurationError(message)
        else:
            into[key] = value


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> Any:  # noqa: ANN401
    if suffix == "ReadJson":
        path = Path(loader.name).parent / str(loader.construct_scalar(node))  # type: ignore[arg-type]
        return json.loads(path.read_text())
    value: Any
    match node:
        case yaml.ScalarNode():
            value = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case _:
            value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)
