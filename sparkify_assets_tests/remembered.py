"""What libraries compute again for each test, and is always the same: it is computed once in a process.

Whoever imports this module has it so: Dagster's migration scripts, which alembic reads for each file of events that is
created, and the picture of a chart, drawn from the same chart in the same way.
"""

import json
from typing import Any

import vl_convert
from alembic.config import Config
from alembic.script import ScriptDirectory

_read_scripts, _draw = ScriptDirectory.from_config, vl_convert.vegalite_to_png
_scripts: dict[str | None, ScriptDirectory] = {}
_pictures: dict[str, bytes] = {}


def _scripts_of(config: Config) -> ScriptDirectory:
    place = config.get_main_option("script_location")
    if place not in _scripts:
        _scripts[place] = _read_scripts(config)
    return _scripts[place]


def _picture_of(chart: dict[str, Any], **options: Any) -> bytes:
    drawn = json.dumps([chart, options])
    if drawn not in _pictures:
        _pictures[drawn] = _draw(chart, **options)
    return _pictures[drawn]


# Both return what the originals would; the types differ, since these take only what is passed here.
ScriptDirectory.from_config = _scripts_of  # type: ignore[method-assign]
vl_convert.vegalite_to_png = _picture_of  # type: ignore[assignment]
