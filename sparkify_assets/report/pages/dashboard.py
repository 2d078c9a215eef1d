"""The dashboard: one self-contained page with a chart of every insight, and a picture of each chart beside it.

`figures.py` reads what the page shows, and `charts/` draws it. `build_dashboard` decides figures and words,
and is pure. The markup is in `templates/dashboard.html`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sparkify_assets import model
from sparkify_assets.lake.places import open_work
from sparkify_assets.load.audits import is_blocking
from sparkify_assets.report.answer_files import replacing
from sparkify_assets.report.charts import theme
from sparkify_assets.report.charts.insight_charts import CHARTS, picture, spec_of, vega_lite_version
from sparkify_assets.report.pages.figures import Figures, read_figures
from sparkify_assets.report.pages.templates import render
from sparkify_assets.report.phrases import counted, in_words, number, range_in_words, readable
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.session import Row, Value, Warehouse

_SECTIONS = (
    ("Songs and artists", ("song_popularity", "artist_popularity")),
    ("Time", ("peak_usage", "user_activity")),
    ("Listeners", ("subscription_levels", "user_level_history", "retention")),
    ("Places", ("location_activity",)),
)
_NOTHING = "\u2013"
_ROWS_SHOWN = 400

Facts = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Cell:
    """A cell or heading of a table of figures; its kind is `number` or `words`."""

    text: str
    kind: str
    meaning: str | None = None


@dataclass(frozen=True)
class Card:
    """An insight: its chart, what it shows in words, and its figures."""

    name: str
    title: str
    subtitle: str
    finding: str
    columns: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]
    more: str


@dataclass(frozen=True)
class Section:
    title: str
    cards: Sequence[Card]


def publish_dashboard(warehouse: Warehouse, settings: Settings) -> str:
    """Write the page and the pictures to the work folder or prefix. Return the page's path or URL."""
    if "://" not in settings.work:
        return str(write_dashboard(warehouse, settings, Path(settings.work) / "dashboard")[0].absolute())
    work = open_work(settings)
    page, *_ = [work.write(f"dashboard/{name}", data) for name, data in _files(warehouse, settings).items()]
    return page


def write_dashboard(warehouse: Warehouse, settings: Settings, folder: Path) -> list[Path]:
    """Write the page and a picture of every chart into a folder. Return their paths; no file is ever half written."""
    files = _files(warehouse, settings)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        with replacing(folder / name) as partial:
            partial.write_bytes(content)
    return [folder / name for name in files]


def _files(warehouse: Warehouse, settings: Settings) -> dict[str, bytes]:
    figures = read_figures(warehouse, settings)
    specs = {name: spec_of(name, figures.insights.get(name, ())) for name in CHARTS}
    page = {"dashboard.html": build_dashboard(figures, specs, _kept_vega(settings.scratch)).encode()}
    return page | {f"{name}.png": picture(spec) for name, spec in specs.items()}


def build_dashboard(
    figures: Figures, specs: Mapping[str, Mapping[str, Any]] | None = None, vega: str | None = None
) -> str:
    """Return the page. Charts, and the script that draws them, are built unless they are passed."""
    if figures.is_empty:
        specs = {}
    elif specs is None:
        specs = {name: spec_of(name, rows) for name, rows in figures.insights.items()}
    return render(
        "dashboard.html",
        days=_days(figures),
        is_empty=figures.is_empty,
        is_built=figures.headline.get("made_at") is not None,
        stale=[_words(name) for name in figures.stale],
        headline=[] if figures.is_empty else _headline(figures),
        sections=_sections(figures, specs),
        quality=_quality(figures),
        origin=_origin(figures),
        # The page has the charts' titles already.
        charts={name: {part: v for part, v in spec.items() if part != "title"} for name, spec in specs.items()},
        configs={scheme: theme.config(scheme) for scheme in (theme.LIGHT, theme.DARK)},
        vega=(vega or _vega()) if specs else "",
    )


def _days(figures: Figures) -> str:
    first, last = figures.headline.get("first_day"), figures.headline.get("last_day")
    return range_in_words(first, last) if isinstance(first, date) and isinstance(last, date) else ""


def _headline(figures: Figures) -> Facts:
    head = figures.headline
    seconds = head.get("listening_seconds")
    return (
        ("Plays", _total(head["plays"])),
        ("Listeners", _total(head["listeners"])),
        ("Songs", _total(head.get("songs"))),
        ("Artists", _total(head.get("artists"))),
        ("Sessions", _total(head["sessions"])),
        ("Listening hours", _NOTHING if seconds is None else f"{float(str(seconds)) / 3600:,.0f}"),
        ("Days with plays", _total(head["days"])),
        ("Match rate", _match_rate(figures)),
    )


def _total(value: Value) -> str:
    """Return a figure, or a dash where the insight that adds it up has not been built."""
    return f"{number(value):,}" if value else _NOTHING


def _match_rate(figures: Figures) -> str:
    return f"{number(figures.headline['matched_plays']) / number(figures.headline['plays']):.1%}"


def _sections(figures: Figures, specs: Mapping[str, Mapping[str, Any]]) -> list[Section]:
    """Return the charts by section. Charts that no section names come last."""
    placed = {name for _, names in _SECTIONS for name in names}
    sections = (*_SECTIONS, ("More", tuple(name for name in specs if name not in placed)))
    cards = {
        title: [_card(name, figures.insights[name], specs[name]) for name in names if name in specs]
        for title, names in sections
    }
    return [Section(title, content) for title, content in cards.items() if content]


def _card(name: str, rows: Sequence[Row], spec: Mapping[str, Any]) -> Card:
    meanings = {column.name: column.meaning for column in model.insights()[name].table.columns}
    more = len(rows) - _ROWS_SHOWN
    return Card(
        name=name,
        title=CHARTS[name].title,
        subtitle=CHARTS[name].subtitle,
        finding=spec["description"],
        columns=[
            Cell(_words(column), _kind(value), meanings.get(column))
            for row in rows[:1]
            for column, value in row.items()
        ],
        rows=[[Cell(_shown(value), _kind(value)) for value in row.values()] for row in rows[:_ROWS_SHOWN]],
        more=f"{more:,}" if more > 0 else "",
    )


def _words(name: str) -> str:
    return name.replace("_", " ")


def _kind(value: Value) -> str:
    return "number" if isinstance(value, int | float) else "words"


def _shown(value: Value) -> str:
    if isinstance(value, int | float):
        return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
    if isinstance(value, datetime):
        return in_words(value)
    return readable(value)


def _quality(figures: Figures) -> dict[str, object]:
    """Return whether all that the lake holds has arrived, and whether it passed its audits."""
    records, rejected = (sum(number(row[name]) for row in figures.loads) for name in ("records", "rejected"))
    ran, wrong = (sum(number(row[name]) for row in figures.audits) for name in ("loads", "failed_loads"))
    return {
        "facts": (
            ("Records read", f"{records:,}"),
            ("Rejected", f"{rejected:,}"),
            ("Audits passed", f"{ran - wrong:,} of {ran:,}"),
            ("Plays in the song catalog", _NOTHING if figures.is_empty else _match_rate(figures)),
        ),
        "rejects": [
            {"reason": readable(row["reason"])} | {name: _shown(number(row[name])) for name in ("records", "files")}
            for row in figures.rejects
        ],
        "has_audits": bool(ran),
        "failed": [
            {
                "name": f"{row['table_name']}.{row['audit']}",
                "failed": f"{number(row['failed_loads']):,} of {counted(row['loads'], 'load')}",
                "blocking": is_blocking(str(row["table_name"]), str(row["audit"])),
            }
            for row in figures.audits
            if row["failed_loads"]
        ],
    }


def _origin(figures: Figures) -> Facts:
    """Return when the page was built, and from what."""
    origin = figures.origin
    loaded = [row["loaded_at"] for row in figures.loads if isinstance(row["loaded_at"], datetime)]
    days = sum(row["log_date"] is not None for row in figures.loads)
    return (
        ("Built", in_words(origin.made_at)),
        ("Lake", origin.lake),
        ("Warehouse", f"{origin.engine}, {origin.warehouse}"),
        ("Log days", f"{days:,} loaded, of {in_words(origin.first_day)} to {in_words(origin.last_day)}"),
        ("Latest load", in_words(max(loaded)) if loaded else "none yet"),
    )


def _vega() -> str:
    """Return Vega and all that it needs as one script."""
    import vl_convert

    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=vega_lite_version())


def _kept_vega(scratch: Path) -> str:
    """Return Vega from the scratch folder, where each version is bundled once: that takes longer than the page."""
    kept = scratch / f"vega/{version('vl-convert-python')}-{vega_lite_version()}.js"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with replacing(kept) as partial:
            partial.write_text(_vega(), "utf-8")
    return kept.read_text("utf-8")
