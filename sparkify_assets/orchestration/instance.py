"""The folder of the Dagster instance, the same for the command line and the UI."""

import os
import shutil
from pathlib import Path

from sparkify_assets.settings import Settings

# Where earlier versions had the event log, which an instance names in its own file.
_MOVED = ("sparkify_assets.event_log", "sparkify_assets.orchestration.event_log")


def prepare_instance(settings: Settings) -> None:
    """Create the folder of the Dagster instance, with the working folder's `dagster.yaml` in it."""
    home = settings.dagster_home.absolute()
    home.mkdir(parents=True, exist_ok=True)
    ours, theirs = Path("dagster.yaml"), home / "dagster.yaml"
    if theirs.exists():
        text = theirs.read_text("utf-8")
        if _MOVED[0] in text:
            theirs.write_text(text.replace(*_MOVED), "utf-8")
    elif ours.exists():
        shutil.copyfile(ours, theirs)
    os.environ["DAGSTER_HOME"] = str(home)


def instance_home() -> Path:
    """Return the folder of the instance that Dagster itself would use."""
    return Path(os.environ["DAGSTER_HOME"])
