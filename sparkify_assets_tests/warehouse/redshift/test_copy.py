"""The COPY statement, and the manifest and the jsonpaths that it names."""

import json
import re

import pytest

from sparkify_assets import model
from sparkify_assets.lake.s3 import S3Place, open_client
from sparkify_assets.lake.s3_work import S3Work
from sparkify_assets.warehouse.redshift.copy import Copier, literal
from sparkify_assets_tests.aws import s3_client

ROLE = "arn:aws:iam::123456789012:role/sparkify-copy"


@pytest.fixture
def copier(aws: str) -> Copier:
    s3_client().create_bucket(Bucket="music")
    return Copier(S3Work(S3Place("music", "here/"), open_client("music", "signed")), ROLE, "us-east-1")


def named(copier: Copier, folder: str, statement: str) -> object:
    """Return the object of a folder that a statement names."""
    (name,) = re.findall(rf"'s3://music/here/({folder}/\w+\.json)'", statement)
    return json.loads(copier.work.read(name) or b"")


def test_exact_objects_are_named_and_all_have_to_be_there(copier: Copier) -> None:
    table = model.table("staging.staging_songs")
    urls = ["s3://lake/song data/É'.json", "s3://lake/b.json"]
    statement = copier.statement("landed_staging_songs", table.landed_columns, urls)
    assert named(copier, "manifests", statement) == {"entries": [{"url": url, "mandatory": True} for url in urls]}


def test_keys_and_columns_are_in_the_same_order(copier: Copier) -> None:
    columns = model.table("staging.staging_events").landed_columns
    statement = copier.statement("landed_staging_events", columns, ["s3://lake/a.json"])
    assert f"COPY landed_staging_events ({', '.join(column.name for column in columns)}) FROM" in statement
    assert named(copier, "jsonpaths", statement) == {"jsonpaths": [f"$['{column.source}']" for column in columns]}


@pytest.mark.parametrize(("packed", "expected"), [(False, ""), (True, "GZIP ")])
def test_the_statement_is_strict_and_leaves_the_table_alone(copier: Copier, packed: bool, expected: str) -> None:
    columns = model.table("ops.load_lock").columns
    statement = copier.statement("ops.load_lock", columns, ["s3://lake/a"], packed=packed)
    assert re.sub(r"'s3://music/here/(\w+)/\w+\.json'", r"<\1>", statement) == (
        f"COPY ops.load_lock (locked) FROM <manifests> IAM_ROLE '{ROLE}' REGION 'us-east-1' MANIFEST "
        f"FORMAT AS JSON <jsonpaths> {expected}TIMEFORMAT 'auto' MAXERROR 0 COMPUPDATE OFF STATUPDATE OFF"
    )


def test_the_same_files_have_the_same_manifest(copier: Copier) -> None:
    columns = model.table("ops.load_lock").columns
    statements = {
        copier.statement("ops.load_lock", columns, urls) for urls in (["s3://a/b"], ["s3://a/b"], ["s3://a/c"])
    }
    assert len(statements) == 2


def test_a_text_is_quoted_or_refused() -> None:
    assert literal("it's") == "'it''s'"
    for text in ("a\\", "a\0", "a\nb"):
        with pytest.raises(ValueError, match="cannot be written in a statement"):
            literal(text)
