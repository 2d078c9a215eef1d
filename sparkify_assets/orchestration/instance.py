"""The folder of the Dagster instance, the same for the command line and the UI."""

import os
import shutil
from pathlib import Path

from sparkify_assets.settings import Settings


def prepare_instance(settings: Settings) -> None:
    """Create the folder of the Dagster instance, with the working folder's `dagster.yaml` in it."""
    home = settings.dagster_home.absolute()
    home.mkdir(parents=True, exist_ok=True)
    ours, theirs = Path("dagster.yaml"), home / "dagster.yaml"
    if ours.exists() and not theirs.exists():
        shutil.copyfile(ours, theirs)
    os.environ["DAGSTER_HOME"] = str(home)


def instance_home() -> Path:
    """Return the folder of the instance that Dagster itself would use."""
    return Path(os.environ["DAGSTER_HOME"])
