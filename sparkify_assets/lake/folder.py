"""A lake in a folder of this machine."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sparkify_assets.errors import FileUnreadable, LakeError
from sparkify_assets.lake.listing import CHANGED, File, Lake, log_day

_LEAVES = "it is a link that leads out of the lake's folder: expected a file, or a link to one in the lake"
_NOT_UTF_8 = "its name is not UTF-8, and is shown with its odd bytes in hexadecimal: rename it"


class FolderLake(Lake):
    """A lake in a folder. A file's fingerprint is its size, its times of modification and of change, and its inode.
    Programs set the time of modification back, of which the time of change tells.

    Links within the folder are followed. One that leads out of it could show any file of this machine, so it is
    refused: a file when it is opened, a folder when it is listed. A link put in place of a file after that has another
    inode.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._beginning = len(f"{root}/")

    @property
    def address(self) -> str:
        return os.path.realpath(self.root)

    @contextmanager
    def spool(self, files: Sequence[File]) -> Iterator[list[Path]]:
        # Absolute and normalized, as DuckDB returns the paths of patterns.
        root = os.path.abspath(self.root)
        paths = [Path(f"{root}/{file.path}") for file in files]
        for file, path in zip(files, paths, strict=True):
            self._refuse_what_cannot_be_opened(file, path)
        yield paths
        for file, path in zip(files, paths, strict=True):
            try:
                now = _fingerprint(os.stat(path))
            except OSError:
                now = ""
            if now != file.fingerprint:
                raise FileUnreadable(file, CHANGED)

    def head(self, file: File, size: int) -> bytes:
        self._refuse_what_cannot_be_opened(file, self.root / file.path)
        try:
            with (self.root / file.path).open("rb") as stream:
                return stream.read(min(size, file.size))
        except OSError as error:
            raise FileUnreadable(file, str(error.strerror)) from error

    def replace(self, file: File, content: Path) -> None:
        path = self.root / file.path
        self._refuse_what_cannot_be_opened(file, path)
        # A link within the lake stays one.
        target = Path(os.path.realpath(path))
        draft = target.with_name(f".{target.name}-{os.getpid()}")
        try:
            shutil.copyfile(content, draft)
            shutil.copymode(target, draft)
            with draft.open("rb") as stream:
                os.fsync(stream.fileno())
            if _fingerprint(os.stat(target)) != file.fingerprint:
                raise FileUnreadable(file, CHANGED)
            draft.replace(target)
        except OSError as error:
            raise LakeError(f"{path} cannot be written: {error.strerror}; see its permissions") from error
        finally:
            draft.unlink(missing_ok=True)

    def _refuse_what_cannot_be_opened(self, file: File, path: Path) -> None:
        if os.path.islink(path) and self._leaves(path):
            raise FileUnreadable(file, _LEAVES)
        if "\\x" in file.path and not os.path.lexists(path):
            raise FileUnreadable(file, _NOT_UTF_8)

    def _leaves(self, path: str | Path) -> bool:
        """Return whether a link leads out of the lake."""
        return not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(self.root))

    def _files(self, under: str, beginning: str = "") -> Iterator[File]:
        """Yield the files; a folder that is named like one is listed as well, and cannot be opened."""
        if not self.root.is_dir():
            raise LakeError(
                f"there is no lake at {self.root}: expected a folder with log_data/ and song_data/; set "
                "SPARKIFY_LAKE, or generate a lake with `sparkify sample`"
            )
        first = f"{self.root}/{under}".rstrip("/")
        self._refuse_folder(first)
        waiting: list[File | str] = [first]
        while waiting:
            found = waiting.pop()
            if isinstance(found, File):
                yield found
            else:
                waiting += self._within(found)

    def _within(self, folder: str) -> list[File | str]:
        """Return the files of a folder, and the folders in it, in descending order of path."""
        found: dict[str, File | str] = {}
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if not entry.is_dir():
                        found[entry.name] = self._file(entry)
                    elif not _is_loop(entry):
                        if entry.is_symlink():
                            self._refuse_folder(entry.path)
                        is_file = entry.name.endswith((".json", ".json.gz"))
                        found[f"{entry.name}/"] = self._file(entry) if is_file else entry.path
        except OSError as error:
            if self._is_no_folder(folder, error):
                return []
            raise LakeError(
                f"the lake's folder {folder} cannot be listed: {error.strerror}; see SPARKIFY_LAKE and its permissions"
            ) from error
        return [found[name] for name in sorted(found, reverse=True)]

    def _is_no_folder(self, folder: str, error: OSError) -> bool:
        """Return whether there is no such folder. A file in place of a month's or a year's holds no log files: it is
        listed where it lies, as misplaced. One in place of log_data is a wrong lake."""
        is_gone = isinstance(error, FileNotFoundError) and error.filename == folder
        is_file = isinstance(error, NotADirectoryError) and "/" in folder[self._beginning :]
        return is_gone or is_file

    def _refuse_folder(self, folder: str) -> None:
        if self._leaves(folder):
            raise LakeError(
                f"the lake's folder {folder} is, or is in, a link that leads out of the lake: expected a folder in "
                f"{self.root}; move the files there, or set SPARKIFY_LAKE to where they are"
            )

    def _file(self, entry: "os.DirEntry[str]") -> File:
        path = entry.path[self._beginning :]
        if not path.isascii():
            # A name that is not UTF-8 is escaped; no file has that name, which fails its day.
            path = path.encode(errors="surrogateescape").decode(errors="backslashreplace")
        try:
            # A link that leads out of the lake is listed itself, like a broken one: opening it fails its day.
            state = entry.stat(follow_symlinks=not (entry.is_symlink() and self._leaves(entry.path)))
        except FileNotFoundError:
            state = entry.stat(follow_symlinks=False)
        return File(path, log_day(path), _fingerprint(state), state.st_size)


def _fingerprint(state: os.stat_result) -> str:
    return f"{state.st_size}-{state.st_mtime_ns}-{state.st_ctime_ns}-{state.st_ino}"


def _is_loop(entry: "os.DirEntry[str]") -> bool:
    """Return whether a link leads back to a folder that contains it."""
    return entry.is_symlink() and Path(entry.path).resolve() in Path(entry.path).absolute().parents
