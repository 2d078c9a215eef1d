"""The console that results are printed on."""

from rich.console import Console


class PlainConsole(Console):
    """A console that colours nothing by guessing, and leaves a closed pipe to the program."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError
