"""The pages of the dashboard, and the parts that stand on each, in their order. A part asks, and returns its markup."""

from collections.abc import Callable, Mapping

from sparkify_assets.report.explorer.figures_shown import daily, freshness, headline, moved_most
from sparkify_assets.report.explorer.listening_shown import browsers, heard_too, hours, plays, to_plays
from sparkify_assets.report.explorer.page_questions import PageQuestions
from sparkify_assets.report.explorer.people_shown import active, funnel, levels, retention, segments, sessions
from sparkify_assets.report.explorer.problems_shown import errors, log_days, troubles, unsound_days
from sparkify_assets.report.explorer.rankings_shown import FEW, orders, ranking

Drawn = Callable[[PageQuestions], str]

_SONGS, _ARTISTS, _PLACES = (ranking(name, FEW, "half") for name in ("songs", "artists", "places"))
PARTS: Mapping[str, tuple[Drawn, ...]] = {
    "overview": (headline, moved_most, freshness, daily, _SONGS, _ARTISTS, to_plays),
    "songs": (orders, ranking("songs", wide="half"), ranking("artists", wide="half"), to_plays),
    "when": (hours, daily, to_plays),
    "who": (segments, sessions, levels, funnel, retention, active),
    "where": (orders, ranking("places"), browsers),
    "problems": (troubles, errors, unsound_days),
    "data": (freshness, log_days),
    "song": (headline, daily, heard_too, _PLACES, hours, to_plays),
    "artist": (headline, daily, _SONGS, heard_too, ranking("places", FEW), to_plays),
    "place": (headline, moved_most, segments, daily, _SONGS, _ARTISTS, hours, to_plays),
    "browser": (headline, daily, _SONGS, _PLACES, to_plays),
    "listeners": (headline, daily, _SONGS, _ARTISTS, _PLACES, sessions, to_plays),
    "hour": (headline, _SONGS, _ARTISTS, ranking("places", FEW), daily, to_plays),
    "plays": (plays,),
}
