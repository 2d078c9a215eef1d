"""The bare script that a careful engineer would write with DuckDB alone: the same rows, the rules for records checked,
the same audits, one transaction. It has no changing lake, quarantine, ledger, retries or output.

Each file is read once, by DuckDB's strict reader, which also refuses a key that occurs twice. What that reader takes
for JSON, and for a text, is taken for it: a trailing comma, and NaN or an object in place of a text.

    floor.py full LAKE DATABASE [INSIGHTS.sql]
    floor.py day LAKE DATABASE DAY
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb

# The sequences that betray a second encoding: the platform's table.
MISREAD = Path(__file__).parent.parent / "sparkify_assets/model/misread.csv"
Fields = dict[str, tuple[str, int | str]]

EVENT: Fields = {
    "artist": ("artist", 1024), "auth": ("auth", 64), "firstName": ("first_name", 256), "gender": ("gender", 16),
    "itemInSession": ("item_in_session", "INTEGER"), "lastName": ("last_name", 256), "length": ("length", "DOUBLE"),
    "level": ("level", 64), "location": ("location", 512), "method": ("method", 64), "page": ("page", 64),
    "registration": ("registration", "DOUBLE"), "sessionId": ("session_id", "BIGINT"), "song": ("song", 1024),
    "status": ("status", "INTEGER"), "ts": ("ts", "BIGINT"), "userAgent": ("user_agent", 1024),
    "userId": ("user_id", "INTEGER"),
}  # fmt: skip
SONG: Fields = {
    "num_songs": ("num_songs", "INTEGER"), "artist_id": ("artist_id", 128),
    "artist_latitude": ("artist_latitude", "DOUBLE"), "artist_longitude": ("artist_longitude", "DOUBLE"),
    "artist_location": ("artist_location", 1024), "artist_name": ("artist_name", 1024), "song_id": ("song_id", 128),
    "title": ("title", 1024), "duration": ("duration", "DOUBLE"), "year": ("year", "INTEGER"),
}  # fmt: skip
REQUIRED = {"itemInSession", "sessionId", "ts", "page", "song_id", "artist_id", "title"}
INTEGER, DOUBLE = "[+-]?[0-9]+", r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"


def typed(key: str, type_: int | str) -> str:
    if isinstance(type_, int):
        return f'"{key}"'
    pattern = DOUBLE if type_ == "DOUBLE" else INTEGER
    return f'TRY_CAST(CASE WHEN regexp_full_match("{key}", \'{pattern}\') THEN "{key}" END AS {type_})'


def broken(fields: Fields) -> str:
    """Return a condition: whether a record breaks a rule that can be checked on its parsed fields."""
    rules = []
    for key, (_, type_) in fields.items():
        value = typed(key, type_)
        if isinstance(type_, int):
            rules += [f'strlen("{key}") > {type_}', f'contains("{key}", chr(0))']
        elif key not in REQUIRED:
            rules.append(f"\"{key}\" <> '' AND {value} IS NULL")
        if type_ == "DOUBLE":
            rules.append(f"NOT isfinite({value})")
        if key in REQUIRED:
            rules.append(f"{value} IS NULL")
    if "ts" in fields:
        rules.append(f"NOT {typed('ts', 'BIGINT')} BETWEEN 0 AND 4102444800000")
    return " OR ".join(f"coalesce({rule}, false)" for rule in rules)


def land(db: duckdb.DuckDBPyConnection, name: str, fields: Fields, files: list[str], reading: str) -> None:
    keys = ", ".join(f"'{key}': 'VARCHAR'" for key in fields)
    columns = ", ".join(f"{typed(key, type_)} AS {column}" for key, (column, type_) in fields.items())
    db.execute(
        f"CREATE TEMP TABLE {name} AS "
        f"SELECT {columns}, filename AS file, {broken(fields)} AS is_bad "
        f"FROM read_json($files, {reading}, columns = {{{keys}}}, filename = true, maximum_object_size = 4000000)",
        {"files": files},
    )
    bad = db.execute(f"SELECT count(*) FROM {name} WHERE is_bad").fetchone()
    assert bad == (0,), f"{bad} records of {name} are not clean"


DAY_OF_FILE = "CAST(left(parse_filename(file), 10) AS DATE)"
# Only records that occur more than once need an order.
STAGED = f"""
    WITH repeated AS (
        SELECT {DAY_OF_FILE} AS log_date, session_id, item_in_session, ts
        FROM landed GROUP BY ALL HAVING count(*) > 1
    ),
    staged AS NOT MATERIALIZED (SELECT {DAY_OF_FILE} AS log_date, * EXCLUDE (file, is_bad) FROM landed)
    SELECT *, make_timestamp(ts * 1000) AS start_time, CAST(make_timestamp(ts * 1000) AS DATE) AS start_date,
        1 AS copy_number
    FROM staged ANTI JOIN repeated USING (log_date, session_id, item_in_session, ts)
    UNION ALL
    SELECT *, make_timestamp(ts * 1000), CAST(make_timestamp(ts * 1000) AS DATE),
        CAST(row_number() OVER (
            PARTITION BY log_date, user_id, session_id, item_in_session, ts
            ORDER BY artist, auth, first_name, gender, last_name, length, level, location, method, page, registration,
                song, status, user_agent
        ) AS INTEGER)
    FROM staged SEMI JOIN repeated USING (log_date, session_id, item_in_session, ts)"""
# Names of artists with a slash between blanks, and the agents' families in the order in which they are looked for.
WHOLE = "'Alison Krauss / Union Station', 'Rionegro / Solimões'"
BROWSERS = {
    "Firefox/": "Firefox", " Edg": "Edge", " OPR/": "Opera", "Chrome/": "Chrome", "Opera": "Opera", "FxiOS/": "Firefox",
    "CriOS/": "Chrome", "MSIE ": "Internet Explorer", "Trident/": "Internet Explorer", "Android": "Other",
    "Safari/": "Safari",
}  # fmt: skip
SYSTEMS = {
    "Windows": "Windows", "like Mac OS X": "iOS", "Mac OS X": "macOS", "Android": "Android", "CrOS": "Chrome OS",
    "Linux": "Linux",
}  # fmt: skip


def family(families: dict[str, str]) -> str:
    """Return the family of the first name that an agent has."""
    cases = " ".join(f"WHEN contains(user_agent, '{name}') THEN '{found}'" for name, found in families.items())
    return f"CASE {cases} WHEN user_agent IS NOT NULL THEN 'Other' END"


PLAYS = f"""
    WITH play AS (
        SELECT *, row_number() OVER (
            PARTITION BY user_id, session_id, item_in_session, ts ORDER BY log_date DESC, copy_number
        ) AS delivery
        FROM staging.staging_events
        WHERE page = 'NextSong' AND user_id IS NOT NULL {{affected}}
    ),
    named AS (
        SELECT play.*, coalesce(title.clean, trim(song, ' ')) AS song_title_clean,
            coalesce(named.clean, trim(artist, ' ')) AS artist_name_clean,
            regexp_replace(artist_name_clean, '(?is)[ (\\[]+(feat\\.|ft\\.|featuring ).*', '') AS credit,
            CASE WHEN credit IN ({WHOLE}) THEN credit ELSE trim(split_part(credit, ' / ', 1), ' ') END AS lead_artist
        FROM play
        LEFT JOIN names AS title ON title.name = trim(song, ' ')
        LEFT JOIN names AS named ON named.name = trim(artist, ' ')
        WHERE delivery = 1
    )
    SELECT md5(user_id || '|' || session_id || '|' || item_in_session || '|' || ts) AS songplay_id, start_time, user_id,
        level, match.song_id, match.artist_id, session_id, location, user_agent, song AS song_title,
        artist AS artist_name, length, song_title_clean, artist_name_clean, lead_artist,
        known.artist_id AS catalog_artist_id, {family(BROWSERS)} AS browser, {family(SYSTEMS)} AS os, start_date
    FROM named
    LEFT JOIN (
        SELECT title, duration, artist_name, min(song_id) AS song_id, arg_min(artist_id, song_id) AS artist_id
        FROM sparkify.songs GROUP BY ALL
    ) AS match ON match.title = song AND match.duration = length AND match.artist_name = artist
    LEFT JOIN (
        SELECT artist_name, min(artist_id) AS artist_id FROM sparkify.songs
        GROUP BY ALL HAVING count(DISTINCT artist_id) = 1
    ) AS known ON known.artist_name = lead_artist"""
PAGE_VIEWS = f"""
    SELECT md5(coalesce(CAST(user_id AS VARCHAR), '') || '|' || session_id || '|' || item_in_session || '|' || ts || '|'
            || page) AS page_view_id,
        start_time, user_id, session_id, item_in_session, page, method, status, auth, level, location, user_agent,
        {family(BROWSERS)} AS browser, start_date
    FROM staging.staging_events
    WHERE (page <> 'NextSong' OR user_id IS NULL) {{affected}}
    QUALIFY row_number() OVER (
        PARTITION BY user_id, session_id, item_in_session, ts, page ORDER BY log_date DESC, copy_number
    ) = 1"""
TIME = """
    SELECT DISTINCT start_time, CAST(hour(start_time) AS INTEGER) AS hour, CAST(day(start_time) AS INTEGER) AS day,
        CAST(week(start_time) AS INTEGER) AS week, CAST(month(start_time) AS INTEGER) AS month,
        CAST(year(start_time) AS INTEGER) AS year, CAST(isodow(start_time) AS INTEGER) AS weekday, start_date
    FROM sparkify.songplays WHERE true {affected}"""
USERS = """
    SELECT user_id, latest.first_name, latest.last_name, latest.gender, latest.level,
        make_timestamp(CAST(floor(registering.registration) AS BIGINT) * 1000) AS registered_at, latest.ts AS latest_ts,
        latest.session_id AS latest_session_id, latest.item_in_session AS latest_item_in_session,
        latest.log_date AS latest_log_date, latest.copy_number AS latest_copy_number,
        registering.ts AS registration_event_ts, registering.session_id AS registration_event_session_id,
        registering.item_in_session AS registration_event_item_in_session,
        registering.log_date AS registration_event_log_date, registering.copy_number AS registration_event_copy_number
    FROM (
        SELECT user_id, arg_max(
            struct_pack(first_name := first_name, last_name := last_name, gender := gender, level := level, ts := ts,
                session_id := session_id, item_in_session := item_in_session, log_date := log_date,
                copy_number := copy_number),
            (ts, session_id, item_in_session, log_date, -copy_number)
        ) AS latest,
        arg_max(
            struct_pack(registration := registration, ts := ts, session_id := session_id,
                item_in_session := item_in_session, log_date := log_date, copy_number := copy_number),
            (ts, session_id, item_in_session, log_date, -copy_number)
        ) FILTER (registration BETWEEN 0 AND 4102444800000) AS registering
        FROM staging.staging_events WHERE user_id IS NOT NULL {affected} GROUP BY user_id
    )"""
# Each counts the rows that break a rule; {days} and {users} restrict it to what is affected.
AUDITS = (
    "SELECT count(*) FROM staging.staging_events WHERE (log_date IS NULL OR item_in_session IS NULL OR page IS NULL "
    "OR session_id IS NULL OR ts IS NULL OR start_time IS NULL OR start_date IS NULL OR copy_number IS NULL) {days}",
    "SELECT count(*) FROM sparkify.songplays WHERE (songplay_id IS NULL OR start_time IS NULL OR user_id IS NULL "
    "OR session_id IS NULL OR start_date IS NULL) {days}",
    "SELECT count(*) - count(DISTINCT songplay_id) FROM sparkify.songplays WHERE true {days}",
    "SELECT count(*) FROM sparkify.songplays ANTI JOIN sparkify.users USING (user_id) WHERE true {days}",
    "SELECT count(*) FROM sparkify.songplays ANTI JOIN sparkify.songs USING (song_id) WHERE song_id IS NOT NULL {days}",
    "SELECT count(*) FROM sparkify.songplays ANTI JOIN sparkify.artists USING (artist_id) "
    "WHERE artist_id IS NOT NULL {days}",
    "SELECT count(*) FROM sparkify.songplays ANTI JOIN sparkify.artists ON artists.artist_id = catalog_artist_id "
    "WHERE catalog_artist_id IS NOT NULL {days}",
    "SELECT count(*) FROM sparkify.songplays ANTI JOIN sparkify.time USING (start_time) WHERE true {days}",
    "SELECT count(*) FROM (SELECT start_date, count(*) AS n FROM sparkify.songplays WHERE true {days} GROUP BY 1) "
    "FULL JOIN (SELECT start_date, count(*) AS n FROM (SELECT DISTINCT start_date, user_id, session_id, "
    "item_in_session, ts FROM staging.staging_events WHERE page = 'NextSong' AND user_id IS NOT NULL {days}) "
    "GROUP BY 1) AS staged USING (start_date) WHERE songplays.n IS DISTINCT FROM staged.n".replace(
        "FULL JOIN", "AS songplays FULL JOIN"
    ),
    "SELECT count(*) FROM sparkify.page_views WHERE (page_view_id IS NULL OR start_time IS NULL OR session_id IS NULL "
    "OR item_in_session IS NULL OR page IS NULL OR start_date IS NULL) {days}",
    "SELECT count(*) - count(DISTINCT page_view_id) FROM sparkify.page_views WHERE true {days}",
    "SELECT count(*) FROM sparkify.page_views ANTI JOIN sparkify.users USING (user_id) "
    "WHERE user_id IS NOT NULL {days}",
    "SELECT count(*) FROM sparkify.page_views WHERE page = 'NextSong' AND user_id IS NOT NULL {days}",
    "SELECT count(*) FROM (SELECT start_date, count(*) AS n FROM (SELECT start_date FROM sparkify.songplays "
    "WHERE true {days} UNION ALL SELECT start_date FROM sparkify.page_views WHERE true {days}) GROUP BY 1) AS events "
    "FULL JOIN (SELECT start_date, count(*) AS n FROM (SELECT DISTINCT start_date, user_id, session_id, "
    "item_in_session, ts, page FROM staging.staging_events WHERE true {days}) GROUP BY 1) AS staged "
    "USING (start_date) WHERE events.n IS DISTINCT FROM staged.n",
    "SELECT count(*) FROM sparkify.time WHERE (start_time IS NULL OR hour IS NULL OR day IS NULL OR week IS NULL "
    "OR month IS NULL OR year IS NULL OR weekday IS NULL OR start_date IS NULL) {days}",
    "SELECT count(*) - count(DISTINCT start_time) FROM sparkify.time WHERE true {days}",
    "SELECT count(*) FROM sparkify.time ANTI JOIN sparkify.songplays USING (start_time) WHERE true {days}",
    "SELECT count(*) FROM sparkify.users WHERE user_id IS NULL {users}",
    "SELECT count(*) - count(DISTINCT user_id) FROM sparkify.users WHERE true {users}",
    "SELECT count(*) FROM (SELECT DISTINCT user_id FROM staging.staging_events WHERE user_id IS NOT NULL {users}) "
    "AS staged FULL JOIN (SELECT user_id FROM sparkify.users WHERE true {users}) AS users USING (user_id) "
    "WHERE staged.user_id IS NULL OR users.user_id IS NULL",
)
CATALOG_AUDITS = (
    "SELECT count(*) FROM staging.staging_songs WHERE song_id IS NULL OR artist_id IS NULL OR title IS NULL",
    "SELECT count(*) FROM sparkify.songs WHERE song_id IS NULL OR artist_id IS NULL OR title IS NULL",
    "SELECT count(*) - count(DISTINCT song_id) FROM sparkify.songs",
    "SELECT count(*) FROM sparkify.songs ANTI JOIN sparkify.artists USING (artist_id)",
    "SELECT count(*) - count(DISTINCT artist_id) FROM sparkify.artists",
)


def audit(db: duckdb.DuckDBPyConnection, audits: tuple[str, ...], days: str = "", users: str = "") -> None:
    for statement in audits:
        assert db.execute(statement.format(days=days, users=users)).fetchone() == (0,), statement
    # The audits that only warn or measure; they do not block.
    if audits is AUDITS:
        db.execute(
            f"SELECT count(*), count(song_id), count(*) FILTER (coalesce(level, '') NOT IN ('free', 'paid')) "
            f"FROM sparkify.songplays WHERE true {days}"
        ).fetchall()
        db.execute(
            f"SELECT count(*) FROM sparkify.users WHERE coalesce(level, '') NOT IN ('free', 'paid') {users}"
        ).fetchall()


def connect(database: str) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect(database)
    for setting in ("TimeZone = 'UTC'", "integer_division = true", "preserve_insertion_order = false"):
        db.execute(f"SET {setting}")
    return db


def log_files(lake: str, day: str = "") -> list[str]:
    return sorted(str(path) for path in Path(lake, "log_data").rglob(f"{day}*.json"))


def note_names(db: duckdb.DuckDBPyConnection, affected: str = "") -> None:
    """Note what the names were that may have been encoded twice."""
    text = re.sub(r"\\x(..)", lambda found: chr(int(found[1], 16)), MISREAD.read_text("utf-8"))
    rows = [line.split(",") for line in text.split("\n")[1:-1]]
    names = db.execute(f"""
        SELECT DISTINCT trim(name, ' ') FROM (
            SELECT unnest([song, artist]) AS name FROM staging.staging_events WHERE page = 'NextSong' {affected}
        ) WHERE regexp_matches(name, '[ÂÃÄÅâï]')
    """).fetchall()
    clean = []
    for (name,) in names:
        for sequence, instead in rows:
            name = name.replace(sequence, instead)
        clean.append(name)
    db.execute(
        "CREATE TEMP TABLE names AS SELECT unnest(?) AS name, unnest(?) AS clean", [[n for (n,) in names], clean]
    )


def full(lake: str, database: str, insights: str = "") -> None:
    db = connect(database)
    songs = [str(path) for path in Path(lake, "song_data").rglob("*.json")]
    db.execute("BEGIN")
    for schema in ("staging", "sparkify", "insights", "ops"):
        db.execute(f"CREATE SCHEMA {schema}")
    land(db, "landed_songs", SONG, songs, "format = 'unstructured'")
    db.execute("""
        CREATE TABLE staging.staging_songs AS
        SELECT * EXCLUDE (file, is_bad), CAST(row_number() OVER (
            PARTITION BY song_id ORDER BY num_songs, artist_id, artist_latitude, artist_longitude, artist_location,
                artist_name, title, duration, year
        ) AS INTEGER) AS copy_number
        FROM landed_songs
    """)
    db.execute("""
        CREATE TABLE sparkify.songs AS
        SELECT song_id, title, artist_id, nullif(year, 0) AS year, duration, artist_name
        FROM staging.staging_songs WHERE copy_number = 1
    """)
    db.execute("""
        CREATE TABLE sparkify.artists AS
        SELECT artist_id, artist_name AS name, nullif(artist_location, '') AS location, artist_latitude AS latitude,
            artist_longitude AS longitude
        FROM staging.staging_songs
        QUALIFY row_number() OVER (
            PARTITION BY artist_id ORDER BY artist_latitude IS NULL OR artist_longitude IS NULL,
                coalesce(artist_location, '') = '', song_id, copy_number
        ) = 1
    """)
    audit(db, CATALOG_AUDITS)
    land(db, "landed", EVENT, log_files(lake), "format = 'newline_delimited'")
    db.execute(f"CREATE TABLE staging.staging_events AS {STAGED}")
    note_names(db)
    db.execute(f"CREATE TABLE sparkify.songplays AS {PLAYS.format(affected='')}")
    db.execute(f"CREATE TABLE sparkify.page_views AS {PAGE_VIEWS.format(affected='')}")
    db.execute(f"CREATE TABLE sparkify.time AS {TIME.format(affected='')}")
    db.execute(f"CREATE TABLE sparkify.users AS {USERS.format(affected='')}")
    audit(db, AUDITS)
    for statement in Path(insights).read_text("utf-8").split(";\n") if insights else ():
        db.execute(statement)
    db.execute("COMMIT")
    db.close()


def day(lake: str, database: str, day: str) -> None:
    db = connect(database)
    land(db, "landed", EVENT, log_files(lake, day), "format = 'newline_delimited'")
    db.execute("BEGIN")
    partition, of_day = "log_date = CAST($day AS DATE)", {"day": day}
    was = f"FROM staging.staging_events WHERE {partition}"
    db.execute(f"CREATE TEMP TABLE days AS SELECT DISTINCT start_date {was}", of_day)
    people = f"SELECT DISTINCT user_id {was} AND user_id IS NOT NULL"
    db.execute(f"CREATE TEMP TABLE people AS {people}", of_day)
    db.execute(f"DELETE FROM staging.staging_events WHERE {partition}", of_day)
    db.execute(f"INSERT INTO staging.staging_events {STAGED}")
    db.execute(f"INSERT INTO days SELECT DISTINCT start_date {was}", of_day)
    db.execute(f"INSERT INTO people {people}", of_day)
    days, users = "AND start_date IN (SELECT start_date FROM days)", "AND user_id IN (SELECT user_id FROM people)"
    note_names(db, days)
    db.execute(f"DELETE FROM sparkify.songplays WHERE true {days}")
    db.execute(f"INSERT INTO sparkify.songplays {PLAYS.format(affected=days)}")
    db.execute(f"DELETE FROM sparkify.page_views WHERE true {days}")
    db.execute(f"INSERT INTO sparkify.page_views {PAGE_VIEWS.format(affected=days)}")
    db.execute(f"DELETE FROM sparkify.time WHERE true {days}")
    db.execute(f"INSERT INTO sparkify.time {TIME.format(affected=days)}")
    db.execute(f"DELETE FROM sparkify.users WHERE true {users}")
    db.execute(f"INSERT INTO sparkify.users {USERS.format(affected=users)}")
    audit(db, AUDITS, days, users)
    db.execute("COMMIT")
    db.close()


if __name__ == "__main__":
    commands: dict[str, Callable[..., None]] = {"full": full, "day": day}
    commands[sys.argv[1]](*sys.argv[2:])
