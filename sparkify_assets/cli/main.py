"""The entry point of `sparkify`: it finds the command, runs it, and turns errors into one line and an exit code."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence

from sparkify_assets.cli import infrastructure_commands, loading_commands, reading_commands, setup_commands
from sparkify_assets.cli.command import DONE, NOTHING_DONE, Run, print_error
from sparkify_assets.errors import SparkifyError
from sparkify_assets.report.visible import visible

_SAMPLE = "The sample in data/sample is used: `sparkify init LAKE` sets up a lake of your own."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    options = _parser().parse_args(arguments)
    # Imported here, as in every command, to keep --help fast.
    from sparkify_assets.settings import read_settings

    # What the platform writes is for its user alone.
    umask = os.umask(0o077)
    warnings = logging.StreamHandler(sys.stderr)
    warnings.setFormatter(_Visible("%(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[warnings])
    try:
        run: Run = options.run
        settings = read_settings()
        if settings.is_sample:
            print(_SAMPLE, file=sys.stderr)
        return run(options, settings)
    except BrokenPipeError:
        # Whoever reads the output has stopped: what is still buffered goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except SparkifyError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}: check the path, and that you have permission to use it")
    except KeyboardInterrupt:
        return _fail("stopped: run the same command again to continue")
    finally:
        os.umask(umask)


def _fail(message: str) -> int:
    print_error(message)
    return NOTHING_DONE


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
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for group in (loading_commands, reading_commands, setup_commands, infrastructure_commands):
        group.add_to(commands)
    return parser
