"""The dashboard: one self-contained page with a chart of every insight, and a picture of each chart beside it.

`build_dashboard` is pure. `figures.py` reads what the page shows, `charts/` draws it, and `page.py` has the elements.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from markupsafe import Markup

from sparkify_assets import model
from sparkify_assets.lake.places import open_work
from sparkify_assets.load.audits import is_blocking
from sparkify_assets.report.answer_files import replacing
from sparkify_assets.report.charts import theme
from sparkify_assets.report.charts.insight_charts import CHARTS, picture, spec_of, vega_lite_version
from sparkify_assets.report.pages.figures import Figures, read_figures
from sparkify_assets.report.pages.page import badge, code, details, element, facts, link, note, notice, page, table
from sparkify_assets.report.phrases import counted, in_words, number, range_in_words, readable
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.session import Row, Value, Warehouse

_FOLDER = Path(__file__).parent
_SECTIONS = (
    ("Songs and artists", ("song_popularity", "artist_popularity")),
    ("Time", ("peak_usage", "user_activity")),
    ("Listeners", ("subscription_levels", "user_level_history", "retention")),
    ("Places", ("location_activity",)),
)
_NOTHING = "\u2013"
_ROWS_SHOWN = 400


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
    sections = [*_charted(figures, specs), ("Data quality", _quality(figures))]
    main = [
        *_notices(figures),
        *([] if figures.is_empty else [_headline(figures)]),
        *(
            element("section", element("h2", title), *content, id=_anchor(title), aria_label=title)
            for title, content in sections
        ),
        element("footer", _origin(figures)),
        *([_data(specs)] if specs else []),
    ]
    return page(
        title="Sparkify dashboard",
        lead=_lead(figures),
        navigation=element("ul", *(element("li", link(_anchor(title), title)) for title, _ in sections)),
        main=Markup().join(main),
        style=(_FOLDER / "dashboard.css").read_text("utf-8"),
        script=_script(vega or _vega()) if specs else "",
    )


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


def _lead(figures: Figures) -> str:
    first, last = figures.headline.get("first_day"), figures.headline.get("last_day")
    if not isinstance(first, date) or not isinstance(last, date):
        return "What people listen to, when, and where."
    return f"What people listen to, when, and where: {range_in_words(first, last)}."


def _notices(figures: Figures) -> Iterable[Markup]:
    then = (code("sparkify load"), ", then ", code("sparkify report"), ".")
    if figures.is_empty:
        yield notice(element("strong", "Nothing to show yet. "), "The warehouse holds no plays. Run ", *then)
    elif figures.stale:
        is_built = figures.headline.get("made_at") is not None
        state = "These insights are out of date: " if is_built else "These insights have not been built yet: "
        yield notice(element("strong", state), ", ".join(map(_words, figures.stale)), ". Run ", *then)


def _headline(figures: Figures) -> Markup:
    head = figures.headline
    seconds = head.get("listening_seconds")
    shown = (
        ("Plays", _total(head["plays"])),
        ("Listeners", _total(head["listeners"])),
        ("Songs", _total(head.get("songs"))),
        ("Artists", _total(head.get("artists"))),
        ("Sessions", _total(head["sessions"])),
        ("Listening hours", _NOTHING if seconds is None else f"{float(str(seconds)) / 3600:,.0f}"),
        ("Days with plays", _total(head["days"])),
        ("Match rate", _match_rate(figures)),
    )
    return element("section", element("h2", "In short", class_="unseen"), facts(shown, "headline"))


def _total(value: Value) -> str:
    """Return a figure, or a dash where the insight that adds it up has not been built."""
    return f"{number(value):,}" if value else _NOTHING


def _match_rate(figures: Figures) -> str:
    return f"{number(figures.headline['matched_plays']) / number(figures.headline['plays']):.1%}"


def _charted(figures: Figures, specs: Mapping[str, Any]) -> list[tuple[str, list[Markup]]]:
    """Return the charts by section. Charts that no section names come last."""
    placed = {name for _, names in _SECTIONS for name in names}
    sections = (*_SECTIONS, ("More", tuple(name for name in specs if name not in placed)))
    cards = [
        (title, [_card(figures, name, specs[name]) for name in names if name in specs]) for title, names in sections
    ]
    return [(title, [element("div", *content, class_="cards")]) for title, content in cards if content]


def _card(figures: Figures, name: str, spec: Mapping[str, Any]) -> Markup:
    drawing, rows, finding = CHARTS[name], figures.insights[name], spec["description"]
    return element(
        "article",
        element("h3", drawing.title),
        element("p", drawing.subtitle, class_="muted"),
        element("div", role="img", aria_label=f"{drawing.title}. {finding}", class_="chart", data_chart=name),
        element("p", finding, class_="finding"),
        details("The figures", *_rows(drawing.title, name, rows)) if rows else "",
        class_="card",
        id=name,
    )


def _rows(title: str, name: str, rows: Sequence[Row]) -> Iterable[Markup]:
    meanings = {column.name: column.meaning for column in model.insights()[name].table.columns}
    headings = [
        element("span", _words(column), title=meanings.get(column), class_=_kind(value))
        for column, value in rows[0].items()
    ]
    yield table(title, headings, ([_cell(value) for value in row.values()] for row in rows[:_ROWS_SHOWN]), kind="data")
    more = len(rows) - _ROWS_SHOWN
    if more > 0:
        yield note(f"{more:,} more in insights.{name}.")


def _words(name: str) -> str:
    return name.replace("_", " ")


def _cell(value: Value) -> Markup:
    return element("span", _shown(value), class_=_kind(value))


def _kind(value: Value) -> str:
    return "number" if isinstance(value, int | float) else "words"


def _shown(value: Value) -> str:
    if isinstance(value, int | float):
        return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
    if isinstance(value, datetime):
        return in_words(value)
    return readable(value)


def _quality(figures: Figures) -> list[Markup]:
    """Return the card that shows whether all that the lake holds has arrived, and whether it passed its audits."""
    records, rejected = (sum(number(row[name]) for row in figures.loads) for name in ("records", "rejected"))
    ran, wrong = (sum(number(row[name]) for row in figures.audits) for name in ("loads", "failed_loads"))
    shown = (
        ("Records read", f"{records:,}"),
        ("Rejected", f"{rejected:,}"),
        ("Audits passed", f"{ran - wrong:,} of {ran:,}"),
        ("Plays in the song catalog", _NOTHING if figures.is_empty else _match_rate(figures)),
    )
    failed = [row for row in figures.audits if row["failed_loads"]]
    return [
        element(
            "article",
            facts(shown, "headline small"),
            element("h3", "Rejected records"),
            _rejects(figures.rejects),
            element("h3", "Failed audits"),
            _audits(failed, ran),
            class_="card",
        )
    ]


def _rejects(rejects: Sequence[Row]) -> Markup:
    if not rejects:
        return element("p", "No record was rejected.", class_="muted")
    headings = ["reason", *(element("span", name, class_="number") for name in ("records", "files"))]
    rows = ([readable(row["reason"]), _cell(number(row["records"])), _cell(number(row["files"]))] for row in rejects)
    return table("Rejected records by reason", headings, rows, kind="data")


def _audits(failed: Sequence[Row], ran: int) -> Markup:
    if not failed:
        summary = "Every audit of the latest loads passed." if ran else "No audit has run yet."
        return element("p", summary, class_="muted")
    rows = [
        [
            f"{row['table_name']}.{row['audit']}",
            f"{number(row['failed_loads']):,} of {counted(row['loads'], 'load')}",
            badge("refused", "accent") if is_blocking(str(row["table_name"]), str(row["audit"])) else badge("warning"),
        ]
        for row in failed
    ]
    return table("Failed audits", ["audit", "failed", "consequence"], rows, kind="data")


def _origin(figures: Figures) -> Markup:
    """Return when the page was built, and from what."""
    origin = figures.origin
    loaded = [row["loaded_at"] for row in figures.loads if isinstance(row["loaded_at"], datetime)]
    days = sum(row["log_date"] is not None for row in figures.loads)
    shown = (
        ("Built", in_words(origin.made_at)),
        ("Lake", origin.lake),
        ("Warehouse", f"{origin.engine}, {origin.warehouse}"),
        ("Log days", f"{days:,} loaded, of {in_words(origin.first_day)} to {in_words(origin.last_day)}"),
        ("Latest load", in_words(max(loaded)) if loaded else "none yet"),
    )
    return facts(shown)


def _data(specs: Mapping[str, Mapping[str, Any]]) -> Markup:
    """Return the charts for the script, which sets their colours and width. The page has their titles already."""
    charts = {name: {part: v for part, v in spec.items() if part != "title"} for name, spec in specs.items()}
    configs = {scheme: theme.config(scheme) for scheme in (theme.LIGHT, theme.DARK)}
    # Inside a script a browser looks only for its end and for comments: both begin with <.
    data = json.dumps({"charts": charts, "configs": configs}, ensure_ascii=False).replace("<", "\\u003c")
    return element("script", Markup(data), type="application/json", id="charts")  # noqa: S704 - it holds no <


def _script(vega: str) -> str:
    """Return Vega and the code that lets it draw the charts."""
    drawing = (_FOLDER / "dashboard.js").read_text("utf-8")
    return f"{vega}\n{drawing}".replace("</script", "<\\/script")


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
