"""COPY: the statement, and the objects in the work prefix that it reads, the manifest and the jsonpaths.

COPY takes no bound values: the one function here that quotes texts refuses what it cannot quote. Another quotes names.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sparkify_assets.lake.s3_work import S3Work
from sparkify_assets.model import Column

_SAFE = re.compile(r"[^\x00-\x1f\\]*")
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True)
class Copier:
    """Who reads what COPY is told to read: the role, the region that the buckets are in, and the work prefix."""

    work: S3Work
    iam_role: str
    region: str

    def statement(self, table: str, columns: Sequence[Column], urls: Sequence[str], *, packed: bool = False) -> str:
        """Load these objects, all of them packed or none: their records' keys into the columns, or nothing at all."""
        manifest = {"entries": [{"url": url, "mandatory": True} for url in urls]}
        paths = {"jsonpaths": [f"$['{column.source or column.name}']" for column in columns]}
        return (
            f"COPY {table} ({', '.join(column.name for column in columns)}) "
            f"FROM {literal(self._kept('manifests', manifest))} IAM_ROLE {literal(self.iam_role)} "
            f"REGION {literal(self.region)} MANIFEST FORMAT AS JSON {literal(self._kept('jsonpaths', paths))} "
            f"{'GZIP ' if packed else ''}TIMEFORMAT 'auto' MAXERROR 0 COMPUPDATE OFF STATUPDATE OFF"
        )

    def _kept(self, folder: str, said: object) -> str:
        return self.work.keep(folder, json.dumps(said, ensure_ascii=False).encode())


def literal(text: str) -> str:
    """A text as a statement holds it."""
    if not _SAFE.fullmatch(text):
        raise ValueError(f"{text!r} cannot be written in a statement: it has a backslash or a control character")
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name as a statement holds it."""
    return name if _PLAIN_NAME.fullmatch(name) else '"' + name.replace('"', '""') + '"'
