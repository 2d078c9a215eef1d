"""The dashboard: one page that holds all it needs, with the insights as charts, and a picture of each beside it.

`build_dashboard` is pure; what it shows is read in `figures.py`, drawn in `charts.py`, and framed by `page.py`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
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
from sparkify_assets.report.pages.page import Html, badge, details, element, join, link, note, notice, page, table
from sparkify_assets.report.phrases import counted, day_said, days_said, moment_said, number, readable
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
    """Write the page and the pictures to the work folder or prefix; where the page is."""
    if "://" not in settings.work:
        return str(write_dashboard(warehouse, settings, Path(settings.work) / "dashboard")[0].absolute())
    work = open_work(settings)
    page, *_ = [work.write(f"dashboard/{name}", data) for name, data in _files(warehouse, settings).items()]
    return page


def write_dashboard(warehouse: Warehouse, settings: Settings, folder: Path) -> list[Path]:
    """Write the page, and a picture of every chart, into a folder: each whole, or as it was before."""
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
    figures: Figures, drawn: Mapping[str, Mapping[str, Any]] | None = None, vega: str | None = None
) -> str:
    """The page; its charts, and the script that draws them, may have been made already."""
    specs = {
        name: drawn[name] if drawn else spec_of(name, rows)
        for name, rows in ({} if figures.is_empty else figures.insights).items()
    }
    sections = [*_charted(figures, specs), ("Data quality", _quality(figures))]
    main = [
        *_notices(figures),
        *([] if figures.is_empty else [_headline(figures)]),
        *(
            element("section", element("h2", title), *content, id=_anchor(title), aria_label=title)
            for title, content in sections
        ),
        element("footer", _origin(figures)),
    ]
    if specs:
        main.append(_data(specs))
    return page(
        title="Sparkify dashboard",
        lead=_lead(figures),
        navigation=element("ul", *(element("li", link(_anchor(title), title)) for title, _ in sections)),
        main=join(main),
        style=(_FOLDER / "dashboard.css").read_text("utf-8"),
        script=_script(vega or _vega()) if specs else "",
    )


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


def _lead(figures: Figures) -> str:
    first, last = figures.headline.get("first_day"), figures.headline.get("last_day")
    if not isinstance(first, date) or not isinstance(last, date):
        return "What people listen to, when, and where."
    return f"What people listen to, when, and where: {days_said(first, last)}."


def _notices(figures: Figures) -> Iterable[Html]:
    if figures.is_empty:
        yield notice(
            element("strong", "There is nothing to see yet. "),
            "No play has been loaded from the lake: run ",
            element("code", "sparkify load"),
            ", then ",
            element("code", "sparkify report"),
            ".",
        )
    elif figures.stale:
        made = figures.headline.get("made_at") is not None
        yield notice(
            element("strong", "These insights are behind the star: " if made else "These insights are not made yet: "),
            ", ".join(_words(name) for name in figures.stale),
            ". Run ",
            element("code", "sparkify load"),
            ", then ",
            element("code", "sparkify report"),
            ".",
        )


def _headline(figures: Figures) -> Html:
    head = figures.headline
    seconds = head.get("listening_seconds")
    shown = (
        ("Plays", f"{number(head['plays']):,}"),
        ("Listeners", f"{number(head['listeners']):,}"),
        ("Songs", _total(head.get("songs"))),
        ("Artists", _total(head.get("artists"))),
        ("Sessions", f"{number(head['sessions']):,}"),
        ("Listening hours", _NOTHING if seconds is None else f"{float(str(seconds)) / 3600:,.0f}"),
        ("Days with plays", f"{number(head['days']):,}"),
        ("Match rate", _match_rate(figures)),
    )
    facts = (element("div", element("dt", name), element("dd", value)) for name, value in shown)
    return element("section", element("h2", "In short", class_="unseen"), element("dl", *facts, class_="headline"))


def _total(value: Value) -> str:
    """A figure of the insights, which may not be made yet."""
    return f"{number(value):,}" if value else _NOTHING


def _match_rate(figures: Figures) -> str:
    return f"{number(figures.headline['matched_plays']) / number(figures.headline['plays']):.1%}"


def _charted(figures: Figures, specs: Mapping[str, Any]) -> list[tuple[str, list[Html]]]:
    """The charts by section; those that none names come last."""
    placed = {name for _, names in _SECTIONS for name in names}
    sections = (*_SECTIONS, ("More", tuple(name for name in specs if name not in placed)))
    cards = [
        (title, [_card(figures, name, specs[name]) for name in names if name in specs]) for title, names in sections
    ]
    return [(title, [element("div", *content, class_="cards")]) for title, content in cards if content]


def _card(figures: Figures, name: str, spec: Mapping[str, Any]) -> Html:
    drawing, rows = CHARTS[name], figures.insights[name]
    said = str(spec["description"]) if "description" in spec else drawing.subtitle
    return element(
        "article",
        element("h3", drawing.title),
        element("p", drawing.subtitle, class_="muted"),
        element("div", role="img", aria_label=f"{drawing.title}. {said}", class_="chart", data_chart=name),
        element("p", said, class_="finding"),
        details("The figures", _rows(drawing.title, name, rows)) if rows else "",
        class_="card",
        id=name,
    )


def _rows(title: str, name: str, rows: Sequence[Row]) -> Html:
    said = {column.name: column.meaning for column in model.insights()[name].table.columns}
    headings = [
        element("span", _words(column), title=said.get(column), class_=_kind(value))
        for column, value in rows[0].items()
    ]
    cells = ([_cell(value) for value in row.values()] for row in rows[:_ROWS_SHOWN])
    more = len(rows) - _ROWS_SHOWN
    return join(
        [
            table(title, headings, cells, kind="data"),
            note(f"{more:,} more in insights.{name}.") if more > 0 else "",
        ]
    )


def _words(name: str) -> str:
    return name.replace("_", " ")


def _cell(value: Value) -> Html:
    return element("span", _shown(value), class_=_kind(value))


def _kind(value: Value) -> str:
    return "number" if isinstance(value, int | float) else "words"


def _shown(value: Value) -> str:
    if isinstance(value, int | float):
        return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
    if isinstance(value, datetime):
        return moment_said(value)
    return readable(value)


def _quality(figures: Figures) -> list[Html]:
    """Whether what the lake holds has arrived, and is as it ought to be."""
    records, rejected = (sum(number(row[name]) for row in figures.loads) for name in ("records", "rejected"))
    failed = [row for row in figures.audits if row["failed_loads"]]
    ran, wrong = (sum(number(row[name]) for row in figures.audits) for name in ("loads", "failed_loads"))
    shown = (
        ("Records read", f"{records:,}"),
        ("Rejected", f"{rejected:,}"),
        ("Audits passed", f"{ran - wrong:,} of {ran:,}"),
        ("Plays in the catalog", _NOTHING if figures.is_empty else _match_rate(figures)),
    )
    facts = element(
        "dl", *(element("div", element("dt", n), element("dd", v)) for n, v in shown), class_="headline small"
    )
    return [element("article", facts, _rejects(figures.rejects), _audits(failed, ran), class_="card")]


def _rejects(rejects: Sequence[Row]) -> Html:
    heading = element("h3", "Rejected records")
    if not rejects:
        return join([heading, element("p", "No record of the lake was rejected.", class_="muted")])
    headings = ["reason", *(element("span", name, class_="number") for name in ("records", "files"))]
    rows = ([readable(row["reason"]), _cell(number(row["records"])), _cell(number(row["files"]))] for row in rejects)
    return join([heading, table("Rejected records by reason", headings, rows, kind="data")])


def _audits(failed: Sequence[Row], ran: int) -> Html:
    heading = element("h3", "Failed audits")
    if not failed:
        said = "Every audit of the latest loads passed." if ran else "No audit has run yet."
        return join([heading, element("p", said, class_="muted")])
    rows = [
        [
            f"{row['table_name']}.{row['audit']}",
            f"{number(row['failed_loads']):,} of {counted(row['loads'], 'load')}",
            badge("refused", "accent") if is_blocking(str(row["table_name"]), str(row["audit"])) else badge("warning"),
        ]
        for row in failed
    ]
    return join([heading, table("Audits that failed", ["audit", "failed", "what follows"], rows, kind="data")])


def _origin(figures: Figures) -> Html:
    """When the page was made, and from what."""
    origin = figures.origin
    loaded = [row["loaded_at"] for row in figures.loads if isinstance(row["loaded_at"], datetime)]
    days = sum(row["log_date"] is not None for row in figures.loads)
    shown = (
        ("Made", moment_said(origin.made_at)),
        ("Lake", origin.lake),
        ("Warehouse", f"{origin.engine}, {origin.warehouse}"),
        ("Log days", f"{days:,} loaded, of {day_said(origin.first_day)} to {day_said(origin.last_day)}"),
        ("Latest load", moment_said(max(loaded)) if loaded else "none yet"),
    )
    return element("dl", *(element("div", element("dt", n), element("dd", v)) for n, v in shown), class_="facts")


def _data(specs: Mapping[str, Mapping[str, Any]]) -> Html:
    """The charts for the script, which gives them colours and a width. The page says their titles itself."""
    charts = {name: {part: v for part, v in spec.items() if part != "title"} for name, spec in specs.items()}
    configs = {scheme: theme.config(scheme) for scheme in (theme.LIGHT, theme.DARK)}
    # In a script a browser looks for nothing but its end, and for what begins a comment.
    said = json.dumps({"charts": charts, "configs": configs}, ensure_ascii=False).replace("<", "\\u003c")
    return element("script", Html(said), type="application/json", id="charts")


def _script(vega: str) -> str:
    """Vega, and what has it draw the charts."""
    drawing = (_FOLDER / "dashboard.js").read_text("utf-8")
    return f"{vega}\n{drawing}".replace("</script", "<\\/script")


def _vega() -> str:
    """Vega with what it needs, once for all charts."""
    import vl_convert

    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=vega_lite_version())


def _kept_vega(scratch: Path) -> str:
    """Vega, put together once for each version: that takes longer than all the rest of the page."""
    kept = scratch / f"vega/{version('vl-convert-python')}-{vega_lite_version()}.js"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with replacing(kept) as partial:
            partial.write_text(_vega(), "utf-8")
    return kept.read_text("utf-8")
