"""Which dashboards show an older state of the star than the latest. A page says itself which change it shows."""

import re
from pathlib import Path

from sparkify_assets.insights.rebuilding import latest_change
from sparkify_assets.lake.places import open_work
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.session import Session

# Where `sparkify report` writes to, and below the work folder the asset.
REPORTED_TO, PUBLISHED_TO = Path("results"), "dashboard"
PAGE = "dashboard.html"
_CHANGE = re.compile(rb'<meta name="sparkify-change" content="([0-9]+)">')


def outdated_dashboards(session: Session, settings: Settings) -> dict[str, str]:
    """Return the dashboards that are older than the star, each with the command that draws it again."""
    latest = latest_change(session)
    local = [] if "://" in settings.work else [Path(settings.work) / PUBLISHED_TO]
    found = {
        str(folder / PAGE): f"`sparkify report{f' --out {folder}' if folder != REPORTED_TO else ''}`"
        for folder in (REPORTED_TO, *local)
        if (folder / PAGE).is_file() and change_of((folder / PAGE).read_bytes()) < latest
    }
    if not local:
        name = f"{PUBLISHED_TO}/{PAGE}"
        page = open_work(settings).read(name)
        if page and change_of(page) < latest:
            found[f"{settings.work}/{name}"] = "materialize `dashboard` in the Dagster UI"
    return found


def change_of(page: bytes) -> int:
    """Return the latest change that all of a page shows; -1 if it says none."""
    change = _CHANGE.search(page)
    return int(change[1]) if change else -1
