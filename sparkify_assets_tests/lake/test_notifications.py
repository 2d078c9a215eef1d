"""Event notifications of the lake's bucket: every form is understood, and each is acted on once."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from sparkify_assets.errors import LakeError
from sparkify_assets.lake.notifications import Queue
from sparkify_assets.lake.s3 import S3Place

PLACE = S3Place.parse("s3://music/lake")


@pytest.fixture
def sqs(aws: str) -> Any:
    return boto3.client("sqs")


@pytest.fixture
def url(sqs: Any) -> Iterator[str]:
    address = str(sqs.create_queue(QueueName="changes", Attributes={"VisibilityTimeout": "0"})["QueueUrl"])
    yield address
    sqs.delete_queue(QueueUrl=address)


def message_about(key: str, bucket: str = "music") -> str:
    return json.dumps({"Records": [{"s3": {"bucket": {"name": bucket}, "object": {"key": key}}}]})


def test_notifications_from_s3_are_understood(sqs: Any, url: str) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="music")
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    s3.put_bucket_notification_configuration(
        Bucket="music",
        NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}]
        },
    )
    s3.put_object(Bucket="music", Key="lake/log_data/2018/11/2018-11-15-events.json", Body=b"{}")
    s3.put_object(Bucket="music", Key="elsewhere/2018-11-15-events.json", Body=b"{}")
    s3.delete_object(Bucket="music", Key="lake/song_data/A/B/TR1.json")
    paths = Queue(url, PLACE).receive().paths
    assert set(paths) <= {"log_data/2018/11/2018-11-15-events.json", "song_data/A/B/TR1.json"}
    assert "log_data/2018/11/2018-11-15-events.json" in paths


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        (message_about("lake/a.json"), ("a.json",)),
        (message_about("lake/a+b%20%C3%A9.json"), ("a b é.json",)),
        (json.dumps({"Type": "Notification", "Message": message_about("lake/a.json")}), ("a.json",)),
        (message_about("lake/a.json", bucket="another"), ()),
        (message_about("lakeside/a.json"), ()),
        (json.dumps({"Event": "s3:TestEvent", "Bucket": "music"}), ()),
        ("not JSON", ()),
        ("[]", ()),
        ('"text"', ()),
        (json.dumps({"Records": [{"s3": {}}]}), ()),
        (json.dumps({"Records": None}), ()),
        ("[" * 20_000, ()),
        (json.dumps({"Message": '{"Records":' * 20_000}), ()),
    ],
)
def test_a_message_is_about_objects_of_the_lake_or_about_none(
    sqs: Any, url: str, body: str, paths: tuple[str, ...]
) -> None:
    sqs.send_message(QueueUrl=url, MessageBody=body)
    queue = Queue(url, PLACE)
    # Unacknowledged messages are delivered again at once.
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "30"})
    notifications = queue.receive()
    assert (notifications.paths, len(notifications.receipts)) == (paths, 1)
    queue.acknowledge(notifications)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "0"})
    assert not queue.receive().receipts


def test_many_messages_are_received_at_once_and_each_path_is_returned_once(sqs: Any, url: str) -> None:
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "30"})
    for n in range(25):
        sqs.send_message(QueueUrl=url, MessageBody=message_about(f"lake/{n % 5}.json"))
    queue = Queue(url, PLACE)
    notifications = queue.receive()
    assert (sorted(notifications.paths), len(notifications.receipts)) == ([f"{n}.json" for n in range(5)], 25)
    queue.acknowledge(notifications)


def test_a_message_is_delivered_again_until_it_is_acknowledged(sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody=message_about("lake/a.json"))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "30"})
    first = Queue(url, PLACE).receive()
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=first.receipts[0], VisibilityTimeout=0)
    assert Queue(url, PLACE).receive().paths == first.paths


def test_a_missing_queue_is_an_error_that_names_it(aws: str) -> None:
    with pytest.raises(LakeError, match=r"/123456789012/nothing: .*NonExistentQueue"):
        Queue(f"{aws}/123456789012/nothing", PLACE).receive()
