"""The dashboard: one self-contained page with a chart of every insight, and a picture of each chart beside it.

`figures.py` reads what the page shows, and `charts/` draws it. `templates/dashboard.html` has its words and markup.
`build_dashboard` brings them together, and is pure.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sparkify_assets import model
from sparkify_assets.lake.places import open_scratch, open_work
from sparkify_assets.report.answer_files import write_whole
from sparkify_assets.report.charts import theme
from sparkify_assets.report.charts.drawing import VEGA_LITE
from sparkify_assets.report.charts.insight_charts import CHARTS, spec_of
from sparkify_assets.report.charts.pictures import LARGE, SMALL, Pictures, draw, renderer
from sparkify_assets.report.pages.figures import Figures, read_figures
from sparkify_assets.report.pages.outdated import PAGE, PUBLISHED_TO
from sparkify_assets.report.pages.templates import render
from sparkify_assets.report.phrases import number
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.session import Row, Warehouse

Spec = Mapping[str, Any]
_SECTIONS = (
    ("Songs and artists", ("song_popularity", "artist_popularity", "catalog_coverage")),
    ("Time", ("peak_usage", "user_activity")),
    ("Listeners", ("subscription_levels", "user_level_history", "retention", "funnel")),
    ("Places", ("location_activity",)),
)
_ROWS_SHOWN = 400


@dataclass(frozen=True)
class WrittenDashboard:
    """The paths or URLs of the files, the page first, and the charts' pictures as far as they could be drawn."""

    files: tuple[str, ...]
    pictures: Pictures

    @property
    def page(self) -> str:
        return self.files[0]

    @property
    def problem(self) -> str:
        return self.pictures.problem


def publish_dashboard(warehouse: Warehouse, settings: Settings) -> WrittenDashboard:
    """Write the page and the pictures to the work folder or prefix. There are small pictures, too, for the UI."""
    page, pictures = _drawn(warehouse, settings, LARGE, SMALL)
    if "://" not in settings.work:
        return _write(page, pictures, (Path(settings.work) / PUBLISHED_TO).absolute())
    work = open_work(settings)
    files = [work.write(f"{PUBLISHED_TO}/{name}", data) for name, data in _files(page, pictures).items()]
    return WrittenDashboard(tuple(files), pictures)


def write_dashboard(warehouse: Warehouse, settings: Settings, folder: Path) -> WrittenDashboard:
    """Write the page and a picture of every chart into a folder. No file is ever half written."""
    return _write(*_drawn(warehouse, settings, LARGE), folder)


def _write(page: str, pictures: Pictures, folder: Path) -> WrittenDashboard:
    files = {folder / name: content for name, content in _files(page, pictures).items()}
    for file, content in files.items():
        write_whole(file, content)
    for name in pictures.failed:
        # An older picture beside a newer page would look like its chart.
        (folder / f"{name}.png").unlink(missing_ok=True)
    return WrittenDashboard(tuple(map(str, files)), pictures)


def _files(page: str, pictures: Pictures) -> dict[str, bytes]:
    """Return the files by name, the page first."""
    return {PAGE: page.encode()} | {f"{name}.png": data for name, data in pictures.of(LARGE).items()}


def _drawn(warehouse: Warehouse, settings: Settings, *scales: int) -> tuple[str, Pictures]:
    # The renderer gets ready while the figures are read.
    with renderer() as ready:
        figures = read_figures(warehouse, settings)
        specs = {name: spec_of(name, figures.insights.get(name, ()), figures.covered) for name in CHARTS}
        page = build_dashboard(figures, specs, _kept_vega(open_scratch(settings)))
        return page, draw(specs, *scales, ready=ready)


def build_dashboard(figures: Figures, specs: Mapping[str, Spec] | None = None, vega: str | None = None) -> str:
    """Return the page. Charts, and the script that draws them, are built unless they are passed."""
    if figures.is_empty:
        specs = {}
    elif specs is None:
        specs = {name: spec_of(name, rows, figures.covered) for name, rows in figures.insights.items()}
    return render(
        "dashboard.html",
        figures=figures,
        sections=_sections(specs),
        drawings=CHARTS,
        specs=specs,
        meanings={
            name: {column.name: column.meaning for column in model.table(f"insights.{name}").columns} for name in specs
        },
        most_rows=_ROWS_SHOWN,
        total=_total,
        # The page has the charts' titles already.
        charts={name: {part: v for part, v in spec.items() if part != "title"} for name, spec in specs.items()},
        configs={scheme: theme.config(scheme) for scheme in (theme.LIGHT, theme.DARK)},
        vega=(vega or _vega()) if specs else "",
    )


def _sections(specs: Collection[str]) -> dict[str, list[str]]:
    """Return the charts by section. Charts that no section names come last."""
    placed = {name for _, names in _SECTIONS for name in names}
    others = [name for name in specs if name not in placed]
    sections = {title: [name for name in names if name in specs] for title, names in (*_SECTIONS, ("More", others))}
    return {title: names for title, names in sections.items() if names}


def _total(rows: Sequence[Row], name: str) -> int:
    return sum(number(row[name]) for row in rows)


@cache
def _vega() -> str:
    """Return Vega and all that it needs as one script."""
    import vl_convert

    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=VEGA_LITE)


def _kept_vega(scratch: Path) -> str:
    """Return Vega from the scratch folder, where each version is bundled once: that takes longer than the page."""
    kept = scratch / f"vega/{version('vl-convert-python')}-{VEGA_LITE}.js"
    if not kept.exists():
        write_whole(kept, _vega())
    return kept.read_text("utf-8")
