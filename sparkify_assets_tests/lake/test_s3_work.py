"""The work prefix without what was made of log files: `sparkify forget` deletes it, every version."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sparkify_assets.errors import WorkError
from sparkify_assets.lake.s3 import S3Place, open_client
from sparkify_assets.lake.s3_work import S3Work
from sparkify_assets_tests.aws import s3_client

pytestmark = pytest.mark.check


@pytest.fixture
def client(aws: str) -> Any:
    client = s3_client()
    client.create_bucket(Bucket="work")
    client.put_bucket_versioning(Bucket="work", VersioningConfiguration={"Status": "Enabled"})
    return client


@pytest.fixture
def work(client: Any) -> S3Work:
    return S3Work(S3Place("work", "here/"), open_client("work", "signed", "SPARKIFY_WORK"))


def versions(client: Any) -> set[str]:
    listed = client.list_object_versions(Bucket="work")
    return {entry["Key"] for entry in (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ()))}


def test_every_version_of_what_was_made_of_log_files_is_erased(work: S3Work, client: Any) -> None:
    for name in (
        "clean/a.json",
        "clean/a.json",
        "rejected/b.json",
        "rows/c.json",
        "songs/0/d.json",
        "dashboard/e.html",
    ):
        work.write(name, b"{}")
    client.delete_object(Bucket="work", Key="here/clean/a.json")
    client.put_object(Bucket="work", Key="elsewhere/clean/f.json", Body=b"{}")
    assert work.erase(datetime.now(UTC) + timedelta(days=1)) == 5
    assert versions(client) == {"here/songs/0/d.json", "here/dashboard/e.html", "elsewhere/clean/f.json"}
    assert work.erase(datetime.now(UTC)) == 0


def test_what_was_written_since_belongs_to_a_load_that_is_at_work(work: S3Work, client: Any) -> None:
    work.write("clean/a.json", b"{}")
    assert work.erase(datetime.now(UTC) - timedelta(days=1)) == 0
    assert versions(client) == {"here/clean/a.json"}


def test_what_cannot_be_deleted_is_an_error(work: S3Work, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    work.write("clean/a.json", b"{}")
    denied = {"Errors": [{"Key": "here/clean/a.json", "Code": "AccessDenied", "Message": "Access Denied"}]}
    monkeypatch.setattr(work._client, "delete_objects", lambda **_: denied)
    with pytest.raises(WorkError, match=r"clean/a.json cannot be deleted: Access Denied; allow s3:DeleteObject"):
        work.erase(datetime.now(UTC) + timedelta(days=1))
