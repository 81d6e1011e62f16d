from typing import Any, Final

import pytest

from chalicelib.audio.s3_shelf import PREFIX
from chalicelib.audio.shelf import KEPT
from chalicelib.vault import shared
from moltis.deployment.template import template_for
from moltis.local_cloud import SOUNDS_GO_AWAY

RESOURCES: Final = template_for("dev", traced=False)["Resources"]
VARIABLES: Final = template_for("dev", traced=False)["Globals"]["Function"]["Environment"][
    "Variables"
]


def policy(name: str) -> tuple[set[str], dict[str, Any]]:
    """Who has a policy, and what it allows."""
    properties = RESOURCES[name]["Properties"]
    statements = properties["PolicyDocument"]["Statement"]
    return {role["Ref"] for role in properties["Roles"]}, {
        statement["Action"]: statement["Resource"] for statement in statements
    }


def test_sounds_are_thrown_away_when_the_code_says_so() -> None:
    rules = RESOURCES["Sounds"]["Properties"]["LifecycleConfiguration"]["Rules"]

    assert rules[0] == {
        "Id": SOUNDS_GO_AWAY["ID"],
        "Status": "Enabled",
        "Prefix": PREFIX,
        "ExpirationInDays": KEPT.days,
    }


def test_the_functions_are_told_the_bucket_that_there_is() -> None:
    assert VARIABLES["MOLTIS_AUDIO_BUCKET"] == RESOURCES["Sounds"]["Properties"]["BucketName"]


def test_the_key_lies_where_the_functions_look_for_it() -> None:
    name = RESOURCES["AudioKey"]["Properties"]["Name"]["Fn::Sub"]

    assert name == f"moltis-phone/${{Stage}}/{shared('audio')}"
    assert RESOURCES["AudioKey"]["Properties"]["GenerateSecretString"]["GenerateStringKey"] == "key"


def test_nobody_but_the_phone_hears_what_is_kept() -> None:
    blocked = RESOURCES["Sounds"]["Properties"]["PublicAccessBlockConfiguration"]

    assert set(blocked.values()) == {True}
    assert len(blocked) == 4


@pytest.mark.parametrize(
    ("name", "roles", "actions"),
    [
        (
            "FindSounds",
            {"ApiHandlerRole", "TakeTurnRole", "VoiceCallRole", "FireTimerRole"},
            {"s3:GetObject", "s3:ListBucket"},
        ),
        (
            "MakeSounds",
            {"ApiHandlerRole", "TakeTurnRole", "VoiceCallRole"},
            {"s3:PutObject", "polly:SynthesizeSpeech"},
        ),
        ("ForgetSounds", {"ApiHandlerRole"}, {"s3:DeleteObject"}),
        ("ReadAhead", {"VoiceCallRole"}, {"lambda:InvokeFunction"}),
    ],
)
def test_who_may_do_what_with_sounds(name: str, roles: set[str], actions: set[str]) -> None:
    who, what = policy(name)

    assert (who, set(what)) == (roles, actions)


def test_the_rights_end_at_the_sounds() -> None:
    for name in ("FindSounds", "MakeSounds", "ForgetSounds"):
        for action, resource in policy(name)[1].items():
            if action in {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"}:
                assert resource == {"Fn::Sub": f"${{Sounds.Arn}}/{PREFIX}*"}


def test_bytes_leave_as_bytes_whatever_a_carrier_accepts() -> None:
    definition = RESOURCES["RestAPI"]["Properties"]["DefinitionBody"]

    assert definition["x-amazon-apigateway-binary-media-types"] == ["*/*"]
