"""The entry point of `sparkify`: it finds the command, runs it, and turns errors into one line and an exit code."""

import argparse
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from sparkify_assets.cli import (
    infrastructure_commands,
    loading_commands,
    privacy_commands,
    reading_commands,
    setup_commands,
)
from sparkify_assets.cli.command import DONE, NOTHING_DONE, Run, print_error
from sparkify_assets.errors import SparkifyError, explain
from sparkify_assets.report.visible import visible

_SAMPLE = "The sample in data/sample is used: `sparkify init LAKE` sets up a lake of your own."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    # What is imported stays: looking through it again and again takes a sixth of the time of a small load.
    gc.disable()
    # What the platform writes is for its user alone.
    umask = os.umask(0o077)
    try:
        with _stoppable() as signal_received:
            try:
                return _run(arguments)
            except KeyboardInterrupt:
                print_error("stopped: run the same command again to continue")
                return 128 + signal_received()
    finally:
        os.umask(umask)
        gc.enable()


def _run(arguments: Sequence[str] | None) -> int:
    options = _parser().parse_args(arguments)
    # Imported here, as in every command, to keep --help fast.
    from sparkify_assets.model.memory import remember
    from sparkify_assets.settings import read_settings

    warnings = logging.StreamHandler(sys.stderr)
    warnings.setFormatter(_Visible("%(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[warnings])
    try:
        run: Run = options.run
        settings = read_settings()
        if settings.is_sample and options.command != "init":
            print(_SAMPLE, file=sys.stderr)
        try:
            code = run(options, settings)
        finally:
            remember()
        _flush()
        return code
    except BrokenPipeError:
        # Whoever reads the output has stopped.
        _discard_output()
        return DONE
    except SparkifyError as error:
        print_error(str(error))
    except OSError as error:
        print_error(explain(error))
        try:
            _flush()
        except OSError:
            _discard_output()
    return NOTHING_DONE


@contextmanager
def _stoppable() -> Iterator[Callable[[], int]]:
    """Let SIGTERM stop the command as Ctrl-C does, and give a function that returns which of the two it was. That is
    read from a pipe which the system fills: during a run Dagster's own handlers are in place, and do not say."""
    numbers, wakeup = os.pipe()
    os.set_blocking(numbers, False)
    os.set_blocking(wakeup, False)
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGINT, signal.SIGTERM)}
    previous = signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)

    def received() -> int:
        with suppress(BlockingIOError):
            return next((n for n in os.read(numbers, 1_000) if n in before), signal.SIGINT)
        return signal.SIGINT

    try:
        yield received
    finally:
        signal.set_wakeup_fd(previous)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(numbers)
        os.close(wakeup)


def _flush() -> None:
    """Write what was printed. The interpreter would do it, too late to report an error."""
    if sys.stdout:
        sys.stdout.flush()


def _discard_output() -> None:
    """Send what is still buffered nowhere, so that the interpreter does not try again to write it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Visible(logging.Formatter):
    """Warnings of libraries and of our own, which may quote the lake."""

    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record))


def _parser() -> argparse.ArgumentParser:
    """Return the parser of every command."""
    parser = argparse.ArgumentParser(
        prog="sparkify",
        description="Load Sparkify's logs and songs into a warehouse, and ask it questions.",
        epilog="`sparkify COMMAND --help` shows the options of a command.",
    )
    commands = parser.add_subparsers(dest="command", title="commands", required=True, metavar="COMMAND")
    for group in (
        loading_commands,
        reading_commands,
        privacy_commands,
        setup_commands,
        infrastructure_commands,
    ):
        group.add_to(commands)
    return parser
