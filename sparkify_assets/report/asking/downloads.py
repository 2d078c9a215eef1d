"""Answers as files to download: CSV or Parquet, as `sparkify query --out` writes them."""

import io
import tempfile
from pathlib import Path

from sparkify_assets.errors import FilterError
from sparkify_assets.report.answer_files import write_parquet
from sparkify_assets.report.answers import write_answer
from sparkify_assets.warehouse.session import Answer

# By the ending of a file's name.
MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


def as_file(answer: Answer, ending: str) -> bytes:
    """Return the content of a file with an answer."""
    if ending not in MEDIA_TYPES:
        raise FilterError(f"the file ends in {ending[:20]!r}: expected one of {', '.join(MEDIA_TYPES)}")
    if ending == "csv":
        text = io.StringIO(newline="")
        write_answer(answer, "csv", text)
        return text.getvalue().encode()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "answer.parquet"
        write_parquet(answer, file)
        return file.read_bytes()
