from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from moto import mock_aws

from chalicelib import aws
from chalicelib.audio.s3_shelf import S3Shelf
from chalicelib.audio.shelf import GOOD_FOR, KEPT, Shelf
from chalicelib.errors import SpeechError
from tests.fake_voice import FakeShelf

NAME = "a" * 40


def forget() -> None:
    aws.client.cache_clear()
    aws.session.cache_clear()


@pytest.fixture
def bucket() -> Iterator[str]:
    with mock_aws():
        forget()
        aws.client("s3").create_bucket(Bucket="sounds")
        yield "sounds"
    forget()


@pytest.fixture(params=["fake", "s3"])
def shelf(request: pytest.FixtureRequest) -> Shelf:
    if request.param == "fake":
        return FakeShelf()
    return S3Shelf(request.getfixturevalue("bucket"), now=lambda: datetime.now(UTC))


def test_what_is_put_there_is_there(shelf: Shelf) -> None:
    shelf.put(NAME, b"RIFF")

    assert shelf.holds(NAME)
    assert shelf.get(NAME) == b"RIFF"


def test_what_was_never_put_there_is_not(shelf: Shelf) -> None:
    assert not shelf.holds(NAME)
    assert shelf.get(NAME) is None


def test_putting_it_there_twice_changes_nothing(shelf: Shelf) -> None:
    shelf.put(NAME, b"RIFF")
    shelf.put(NAME, b"RIFF")

    assert shelf.get(NAME) == b"RIFF"


def test_what_is_thrown_away_is_gone_and_nothing_else(shelf: Shelf) -> None:
    names = [f"{place:040}" for place in range(3)]
    for name in names[:2]:
        shelf.put(name, b"RIFF")

    shelf.drop(names[1:])
    shelf.drop(())

    assert [shelf.holds(name) for name in names] == [True, False, False]


def test_what_s3_does_not_throw_away_is_an_error(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"Errors": [{"Key": "speech/x.wav", "Code": "AccessDenied"}]}
    monkeypatch.setattr(aws.client("s3", read_timeout_secs=3.0), "delete_objects", lambda **_: told)

    with pytest.raises(SpeechError, match="S3 refused: AccessDenied"):
        S3Shelf(bucket, now=lambda: datetime.now(UTC)).drop([NAME])


def test_what_will_be_thrown_away_soon_counts_as_gone(bucket: str) -> None:
    S3Shelf(bucket, now=lambda: datetime.now(UTC)).put(NAME, b"RIFF")
    later = datetime.now(UTC) + GOOD_FOR

    assert not S3Shelf(bucket, now=lambda: later).holds(NAME)
    assert KEPT - timedelta(hours=26) >= GOOD_FOR


def test_a_bucket_that_is_not_there_is_an_error_in_our_words(bucket: str) -> None:
    shelf = S3Shelf(f"{bucket}-elsewhere", now=lambda: datetime.now(UTC))

    with pytest.raises(SpeechError, match="S3 refused"):
        shelf.put(NAME, b"RIFF")
