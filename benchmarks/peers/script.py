"""The bare script that somebody in a hurry would write with DuckDB: no rules for records, no audits.

script.py full LAKE DATABASE
script.py day LAKE DATABASE DAY
"""

import sys
from collections.abc import Callable

import duckdb

EVENTS = """
    SELECT CAST(left(parse_filename(filename), 10) AS DATE) AS log_date, * EXCLUDE (filename)
    FROM read_json('{lake}/log_data/*/*/{day}*.json', format = 'newline_delimited', filename = true, columns = {{
        artist: 'VARCHAR', auth: 'VARCHAR', firstName: 'VARCHAR', gender: 'VARCHAR', itemInSession: 'INTEGER',
        lastName: 'VARCHAR', length: 'DOUBLE', level: 'VARCHAR', location: 'VARCHAR', method: 'VARCHAR',
        page: 'VARCHAR', registration: 'DOUBLE', sessionId: 'BIGINT', song: 'VARCHAR', status: 'INTEGER', ts: 'BIGINT',
        userAgent: 'VARCHAR', userId: 'VARCHAR'
    }})"""
SONGS = """
    FROM read_json('{lake}/song_data/**/*.json', format = 'unstructured', columns = {{
        num_songs: 'INTEGER', artist_id: 'VARCHAR', artist_latitude: 'DOUBLE', artist_longitude: 'DOUBLE',
        artist_location: 'VARCHAR', artist_name: 'VARCHAR', song_id: 'VARCHAR', title: 'VARCHAR', duration: 'DOUBLE',
        year: 'INTEGER'
    }})"""
SONG_TABLES = {
    "songs": "SELECT DISTINCT ON (song_id) song_id, title, artist_id, nullif(year, 0) AS year, duration "
    "FROM staging_songs",
    "artists": """
        SELECT DISTINCT ON (artist_id) artist_id, artist_name AS name, nullif(artist_location, '') AS location,
            artist_latitude AS latitude, artist_longitude AS longitude
        FROM staging_songs
        ORDER BY artist_id, latitude IS NULL OR longitude IS NULL, location IS NULL, song_id""",
}
PLAYS = """
    SELECT md5(concat_ws('|', userId, sessionId, itemInSession, ts)) AS songplay_id, epoch_ms(ts) AS start_time,
        CAST(userId AS INTEGER) AS user_id, level, song_id, artist_id, sessionId AS session_id, location,
        userAgent AS user_agent, log_date AS start_date
    FROM staging_events
    LEFT JOIN (
        SELECT title, artist_name, duration, min(song_id) AS song_id, arg_min(artist_id, song_id) AS artist_id
        FROM staging_songs GROUP BY ALL
    ) ON title = song AND artist_name = artist AND duration = length
    WHERE page = 'NextSong' AND userId <> '' {affected}
    QUALIFY row_number() OVER (PARTITION BY userId, sessionId, itemInSession, ts ORDER BY log_date DESC) = 1"""
TIME = """
    SELECT DISTINCT start_time, hour(start_time) AS hour, day(start_time) AS day, week(start_time) AS week,
        month(start_time) AS month, year(start_time) AS year, isodow(start_time) AS weekday, start_date
    FROM sparkify.songplays WHERE true {affected}"""
USERS = """
    SELECT user_id, latest.firstName AS first_name, latest.lastName AS last_name, latest.gender, latest.level
    FROM (
        SELECT CAST(userId AS INTEGER) AS user_id, arg_max(
            struct_pack(firstName, lastName, gender, level), (ts, sessionId, itemInSession)
        ) AS latest
        FROM staging_events WHERE userId <> '' {affected} GROUP BY userId
    )"""


def full(db: duckdb.DuckDBPyConnection, lake: str) -> None:
    db.execute("CREATE SCHEMA sparkify")
    db.execute(f"CREATE TABLE staging_events AS {EVENTS.format(lake=lake, day='')}")
    db.execute(f"CREATE TABLE staging_songs AS {SONGS.format(lake=lake)}")
    for name, statement in SONG_TABLES.items():
        db.execute(f"CREATE TABLE sparkify.{name} AS {statement}")
    for name, statement in {"songplays": PLAYS, "time": TIME, "users": USERS}.items():
        db.execute(f"CREATE TABLE sparkify.{name} AS {statement.format(affected='')}")


def day(db: duckdb.DuckDBPyConnection, lake: str, day: str) -> None:
    """Replace a day, and the users who are in it or were."""
    db.execute("BEGIN")
    people = f"SELECT DISTINCT userId FROM staging_events WHERE log_date = '{day}'"
    db.execute(f"CREATE TEMP TABLE people AS {people}")
    db.execute(f"DELETE FROM staging_events WHERE log_date = '{day}'")
    db.execute(f"INSERT INTO staging_events {EVENTS.format(lake=lake, day=day)}")
    db.execute(f"INSERT INTO people {people}")
    for name, statement, column in (("songplays", PLAYS, "log_date"), ("time", TIME, "start_date")):
        of_day = f"AND {column} = '{day}'"
        db.execute(f"DELETE FROM sparkify.{name} WHERE start_date = '{day}'")
        db.execute(f"INSERT INTO sparkify.{name} {statement.format(affected=of_day)}")
    db.execute("DELETE FROM sparkify.users WHERE user_id IN (SELECT TRY_CAST(userId AS INTEGER) FROM people)")
    db.execute(f"INSERT INTO sparkify.users {USERS.format(affected='AND userId IN (SELECT userId FROM people)')}")
    db.execute("COMMIT")


if __name__ == "__main__":
    commands: dict[str, Callable[..., None]] = {"full": full, "day": day}
    what, lake, database, *rest = sys.argv[1:]
    with duckdb.connect(database) as db:
        db.execute("SET preserve_insertion_order = false")
        commands[what](db, lake, *rest)
