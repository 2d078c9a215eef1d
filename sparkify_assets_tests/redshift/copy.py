"""COPY: the objects of a manifest become rows as on Redshift, or the first bad record is named.

What makes a good record is here and in `conversions.py`; every rule is a row of `assumptions.py`. How the statement is
read is in `copy_statements.py`; what a failure does to the session is `proxy.py`'s.
"""

import gzip
import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from sparkify_assets_tests.redshift.conversions import BAD_UTF8, CONVERTERS, INVALID_INPUT, MISSING, Converter
from sparkify_assets_tests.redshift.copy_statements import CopyStatement, File, LoadError, jsonpath_keys
from sparkify_assets_tests.redshift.postgres import Column, Connection, PostgresError
from sparkify_assets_tests.redshift.refusal import OTHER, StatementRefused

MAX_RECORD_BYTES = 4 << 20
MAX_DEPTH = 500
_ROWS_AT_ONCE = 1000


class Files:
    """The objects that COPY reads, at an endpoint that speaks S3."""

    def __init__(self, endpoint: str) -> None:
        self._homes: dict[str, str] = {}
        # A session of its own, so that nothing else shares its cache.
        self._client: Any = boto3.session.Session().client(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="redshift",
            aws_secret_access_key="redshift",  # noqa: S106
            config=Config(s3={"addressing_style": "path"}, max_pool_connections=60),
        )

    def close(self) -> None:
        self._client.close()

    def listed(self, copy: CopyStatement) -> Iterator[tuple[str, bytes]]:
        """Return the objects that the manifest lists and that exist, by their addresses."""
        found = False
        for entry in self._read_list(copy.manifest, copy.region, "entries"):
            data = self._read(entry["url"], copy.region)
            if data is not None:
                found = True
                yield entry["url"], data
            # assumes: copy_fails_without_a_mandatory_file
            elif entry.get("mandatory", False):
                raise StatementRefused(f"The mandatory file {entry['url']} of the manifest does not exist", OTHER)
        # assumes: copy_fails_without_files
        if not found:
            raise StatementRefused(f"No file of the manifest {copy.manifest} was found", OTHER)

    def keys(self, copy: CopyStatement) -> list[str]:
        """Return the keys of a record in the order of the columns."""
        return jsonpath_keys(self._read_list(copy.jsonpaths, copy.region, "jsonpaths"), copy.columns)

    def _read_list(self, url: str, region: str, key: str) -> list[Any]:
        data = self._read(url, region)
        if data is None:
            raise _s3_error("The specified key does not exist.", 404, "NoSuchKey", url)
        try:
            return list(json.loads(data)[key])
        except (ValueError, KeyError, TypeError) as error:
            raise StatementRefused(f"{url} holds no JSON object with a list of {key}", OTHER) from error

    def _read(self, url: str, region: str) -> bytes | None:
        """Return an object, or None if it does not exist."""
        place = re.fullmatch(r"s3://([^/]+)/(.+)", url)
        if not place:
            raise StatementRefused(f"{url!r} is not the address of an S3 object", OTHER)
        try:
            home = self._home(place[1])
            # assumes: copy_needs_the_buckets_region
            if home != region:
                raise _s3_error(f"The bucket is in this region: {home}.", 301, "PermanentRedirect", url)
            with self._client.get_object(Bucket=place[1], Key=place[2])["Body"] as body:
                return bytes(body.read())
        except ClientError as error:
            status, detail = error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]
            if detail["Code"] == "NoSuchKey":
                return None
            raise _s3_error(detail["Message"], status, detail["Code"], url) from error

    def _home(self, bucket: str) -> str:
        """Return the region of a bucket, which is asked for once: buckets do not move."""
        if bucket not in self._homes:
            self._homes[bucket] = self._client.get_bucket_location(Bucket=bucket)["LocationConstraint"] or "us-east-1"
        return self._homes[bucket]


def _s3_error(message: str, status: int, code: str, url: str) -> StatementRefused:
    text = f"S3ServiceException:{message},Status {status},Error {code},Rid 0,ExtRid 0,CanRetry 1 ({url})"
    return StatementRefused(text, OTHER)


def _target_columns(copy: CopyStatement, connection: Connection) -> list[Column]:
    """Look up the columns named in the statement, on the client's own connection."""
    try:
        known = connection.columns(copy.table)
    except PostgresError as error:
        if error.fields["C"] not in ("42P01", "3F000"):
            raise
        raise StatementRefused(f"Cannot COPY into nonexistent table {copy.table_name}", "42P01") from error
    if strange := [name for name in copy.columns if name not in known]:
        raise StatementRefused(f'column "{strange[0]}" of relation "{copy.table_name}" does not exist', "42703")
    return [known[name] for name in copy.columns]


def load(
    copy: CopyStatement, source: Files, connection: Connection, watch: Callable[[], None], errors: list[LoadError]
) -> list[File]:
    """Load the files on the client's own connection, and add what is tolerated to the errors; `watch` is called
    repeatedly meanwhile."""
    columns = _target_columns(copy, connection)
    keys = source.keys(copy)
    files: list[File] = []

    def chunks() -> Iterator[bytes]:
        for url, data in source.listed(copy):
            files.append(File(url))
            if copy.most_errors:
                chunks = _tolerant_rows(files[-1], data, keys, columns, copy, errors)
            else:
                chunks = read_rows(files[-1], data, keys, columns, zipped=copy.gzip)
            for chunk in chunks:
                watch()
                yield chunk

    table = ".".join(f'"{part}"' for part in copy.table.split("."))
    names = ", ".join(f'"{name}"' for name in copy.columns)
    connection.copy_in(f"COPY {table} ({names}) FROM STDIN", chunks())
    return files


def _tolerant_rows(
    file: File,
    data: bytes,
    keys: Sequence[str],
    columns: Sequence[Column],
    copy: CopyStatement,
    errors: list[LoadError],
) -> Iterator[bytes]:
    """Yield the rows of the lines that can be loaded, until there are too many others."""
    # assumes: copy_goes_on_at_the_next_line
    text = _unzip(data, file.url) if copy.gzip else data
    file.bytes, file.lines = len(data), text.count(b"\n") + (text[-1:] not in (b"", b"\n"))
    for number, line in enumerate(text.split(b"\n"), start=1):
        of_line = File(file.url)
        try:
            chunks = list(read_rows(of_line, line, keys, columns, zipped=False))
        except LoadError as error:
            error.line_number = number
            errors.append(error)
            if len(errors) > copy.most_errors:
                raise
            continue
        file.rows += of_line.rows
        yield from chunks


def read_rows(
    file: File, data: bytes, keys: Sequence[str], columns: Sequence[Column], *, zipped: bool
) -> Iterator[bytes]:
    """Yield a file's rows in the text format of PostgreSQL's COPY, many at a time; `file` counts what was scanned."""
    file.bytes = len(data)
    data = _unzip(data, file.url) if zipped else data
    # assumes: lines_scanned_counts_every_line
    file.lines = data.count(b"\n") + (data[-1:] not in (b"", b"\n"))
    text, broken = _decode(data)
    plan = [(key, column, CONVERTERS[column.type](column)) for key, column in zip(keys, columns, strict=True)]
    wanted = frozenset(keys)
    lines: list[str] = []
    # assumes: copy_skips_blank_lines
    position = end = _blanks_end(text, 0)
    try:
        # assumes: copy_reads_objects_not_lines
        while position < len(text):
            end = position
            record, end = _read(text, position)
            lines.append(_row(record, plan, wanted, escaped=text.find("\\", position, end) >= 0))
            if len(lines) == _ROWS_AT_ONCE:
                file.rows += len(lines)
                yield "".join(lines).encode()
                lines.clear()
            position = _blanks_end(text, end)
        if broken:
            end = position
            raise broken
    except LoadError as error:
        # A record that is cut off by bytes that are not text is not JSON either.
        found = broken if broken and error.code == INVALID_INPUT else error
        found.file, found.line_number = file.url, text.count("\n", 0, end) + 1
        raise found from None
    file.rows += len(lines)
    yield "".join(lines).encode()


def _unzip(data: bytes, url: str) -> bytes:
    # assumes: copy_gzip_takes_nothing_else
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise StatementRefused(f"gzip: unexpected end of stream. Unknown zlib error code. ({url})", OTHER) from error


def _decode(data: bytes) -> tuple[str, LoadError | None]:
    """Return the text before the first bytes that are not UTF-8, and the error for those."""
    # assumes: copy_refuses_invalid_utf8
    try:
        return data.decode(), None
    except UnicodeDecodeError as error:
        found = data[error.start : error.end].hex(" ")
        message = f"String contains invalid or unsupported UTF8 codepoints. Bad UTF8 hex sequence: {found}"
        return data[: error.start].decode(), LoadError(BAD_UTF8, message)


def _blanks_end(text: str, position: int, _match: Callable[..., Any] = re.compile(r"[ \t\r\n]*").match) -> int:
    return int(_match(text, position).end())


class _Repeating(dict[str, Any]):
    """An object in which keys occur twice."""

    repeated: frozenset[str]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    repeating = _Repeating(found)
    repeating.repeated = frozenset(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
    return repeating


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _integer_or_text(digits: str) -> int | str:
    """Return a number, or its text if it has more digits than Python converts."""
    return int(digits) if len(digits) < 1000 else digits


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant, parse_int=_integer_or_text)


def _read(text: str, position: int) -> tuple[dict[str, Any], int]:
    """Return the record that begins here, and where it ends."""
    # assumes: copy_refuses_what_is_no_object, copy_refuses_a_byte_order_mark, copy_refuses_other_blanks
    if text[position] != "{":
        raise LoadError(INVALID_INPUT, "Invalid JSON: expected an object")
    try:
        # assumes: copy_refuses_what_is_not_json
        record, end = _DECODER.raw_decode(text, position)
    except (ValueError, RecursionError) as error:
        raise LoadError(INVALID_INPUT, f"Invalid JSON: {str(error)[:80]}") from error
    # assumes: copy_refuses_records_over_4_mb
    if end - position > MAX_RECORD_BYTES // 4 and len(text[position:end].encode()) > MAX_RECORD_BYTES:
        raise LoadError(INVALID_INPUT, "JSON object size exceeds the maximum of 4194304 bytes")
    # assumes: copy_refuses_deep_nesting
    brackets = text.count("{", position, end) + text.count("[", position, end)
    if brackets > MAX_DEPTH and _depth(record) > MAX_DEPTH:
        raise LoadError(INVALID_INPUT, "Invalid JSON: nested too deep")
    # assumes: copy_refuses_lone_surrogates
    if text.find("\\ud", position, end) >= 0 or text.find("\\uD", position, end) >= 0:
        try:
            json.dumps(record, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise LoadError(BAD_UTF8, "String contains invalid or unsupported UTF8 codepoints") from error
    return record, end


def _depth(value: object) -> int:
    depth, layer = 0, [value]
    while layer := [part for part in layer if isinstance(part, dict | list)]:
        depth += 1
        layer = [child for part in layer for child in (part.values() if isinstance(part, dict) else part)]
    return depth


_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def _row(
    record: dict[str, Any], plan: list[tuple[str, Column, Converter]], wanted: frozenset[str], *, escaped: bool
) -> str:
    """Return a line for PostgreSQL's COPY. Only a record with escapes can hold texts that need escapes here."""
    # assumes: copy_refuses_a_key_twice
    if type(record) is _Repeating and record.repeated & wanted:
        raise LoadError(INVALID_INPUT, f"Invalid JSON: {min(record.repeated & wanted)} occurs twice")
    fields = []
    # assumes: copy_keys_are_case_sensitive, copy_ignores_other_keys
    for key, column, convert in plan:
        value = record.get(key)
        try:
            text = None if value is None else convert(value)
            if text is None:
                # assumes: copy_refuses_null_in_not_null
                if column.required:
                    raise LoadError(MISSING, "Missing data for not-null field")
                text = "\\N"
            elif escaped:
                # assumes: copy_refuses_nul
                if "\0" in text:
                    raise LoadError(BAD_UTF8, "String contains invalid or unsupported UTF8 codepoints: NUL")
                text = text.translate(_ESCAPES)
        except LoadError as error:
            error.column = column
            raise
        fields.append(text)
    return "\t".join(fields) + "\n"
