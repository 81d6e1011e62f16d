"""The end of a phone, after all that."""

from moltis.deployment.cloud import open_cloud
from moltis.deployment.stack import Stack
from tests.deployment.phone import STAGE, DeployedPhone, make

STACK = f"moltis-phone-{STAGE}"


def test_no_timer_and_no_event_was_lost(phone: DeployedPhone) -> None:
    queues = phone.client("sqs")
    waiting = {}
    for name in ("lost-timers", "lost-events"):
        url = queues.get_queue_url(QueueName=f"{STACK}-{name}")["QueueUrl"]
        about = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        waiting[name] = about["ApproximateNumberOfMessages"]

    assert waiting == {"lost-timers": "0", "lost-events": "0"}


def test_destroying_asks_for_the_name_and_leaves_nothing_of_the_stack(
    phone: DeployedPhone,
) -> None:
    told = make("destroy", phone.endpoint, answer=f"{STACK}\n")

    assert "Type the name of the stack to go on" in told
    assert not Stack(open_cloud(), STACK).exists
    assert STACK not in phone.client("dynamodb").list_tables()["TableNames"]
