"""COPY: the statement, and the two objects in the work prefix that it reads, the manifest and the jsonpaths.

COPY takes no bound values, so `literal` quotes texts, and refuses what it cannot quote. `identifier` quotes names. What
is copied, and when, is in `redshift_landing.py`.
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
    """What every COPY needs: the work prefix, the role that reads objects, and the region of the buckets."""

    work: S3Work
    iam_role: str
    region: str

    def statement(
        self, table: str, columns: Sequence[Column], urls: Sequence[str], *, packed: bool = False, most_errors: int = 0
    ) -> str:
        """Return the COPY of objects, all of them gzipped or none: it loads all of their records, or nothing if more
        than so many cannot be loaded."""
        manifest = {"entries": [{"url": url, "mandatory": True} for url in urls]}
        paths = {"jsonpaths": [f"$['{column.source or column.name}']" for column in columns]}
        return (
            f"COPY {table} ({', '.join(column.name for column in columns)}) "
            f"FROM {literal(self._keep('manifests', manifest))} IAM_ROLE {literal(self.iam_role)} "
            f"REGION {literal(self.region)} MANIFEST FORMAT AS JSON {literal(self._keep('jsonpaths', paths))} "
            f"{'GZIP ' if packed else ''}TIMEFORMAT 'auto' MAXERROR {most_errors} COMPUPDATE OFF STATUPDATE OFF"
        )

    def _keep(self, folder: str, content: object) -> str:
        return self.work.keep(folder, json.dumps(content, ensure_ascii=False).encode())


def literal(text: str) -> str:
    """Quote a text for a statement."""
    if not _SAFE.fullmatch(text):
        raise ValueError(f"{text!r} cannot be written in a statement: it has a backslash or a control character")
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Quote a name for a statement, where it needs quotes."""
    return name if _PLAIN_NAME.fullmatch(name) else '"' + name.replace('"', '""') + '"'
