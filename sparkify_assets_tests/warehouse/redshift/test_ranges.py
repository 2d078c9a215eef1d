"""A range of log days on Redshift: copied a day at a time, landed, published and audited together."""

import json
from datetime import date, timedelta

import pytest

from sparkify_assets.load.loading import load_days
from sparkify_assets.load.results import LoadResult
from sparkify_assets_tests.lakes import DAY, at, event, write_day
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.redshift.proxy import StandIn

DAYS = [DAY + timedelta(days=n) for n in range(30)]


def load(platform: Platform, days: list[date] = DAYS) -> list[LoadResult]:
    """Load days together, as the platform's settings say."""
    together = platform.settings.bytes_together
    return load_days(platform.warehouse, platform.open_lake(), days, bytes_together=together, run_id="a run")


def write(platform: Platform, *days: date) -> None:
    """Write two files a day, one of them packed, with an event that belongs to the day before."""
    for day in days:
        write_day(platform.lake, day, [event(ts=at(day), page="Home"), event(ts=at(day), itemInSession=1)], "a")
        write_day(platform.lake, day, [event(ts=at(day - timedelta(days=1)), itemInSession=2)], "b.gz")


def copies(statements: list[str]) -> int:
    return sum(sql.startswith("COPY ") for sql in statements)


def test_thirty_clean_days_are_one_publication(redshift: Platform, stand_in: StandIn) -> None:
    for day in DAYS:
        write_day(redshift.lake, day, [event(ts=at(day)), event(ts=at(day), itemInSession=1)])
    with stand_in.recording() as recorded:
        results = load(redshift)
    sent = [statement.sql for statement in recorded]
    assert {result.state for result in results} == {"loaded"}
    assert {result.together for result in results} == {30}
    assert redshift.star() == redshift.expected(DAYS)
    assert len(sent) <= 150
    assert copies(sent) <= 35
    assert sent.count("COMMIT") <= 3


def test_each_row_has_the_day_of_its_file(redshift: Platform) -> None:
    days = DAYS[:3]
    write(redshift, *days)
    assert [(result.state, result.records) for result in load(redshift, days)] == [("loaded", 3)] * 3
    assert redshift.star() == redshift.expected(days)


@pytest.mark.parametrize(
    "wrong",
    ["{", json.dumps(event(song={"a": 1})), json.dumps(event(itemInSession=2)) * 2, "\ufeff{}"],
    ids=["no JSON", "a nested value", "two objects on a line", "a byte order mark"],
)
def test_a_day_with_a_bad_record_is_loaded_with_the_others(redshift: Platform, wrong: str) -> None:
    days = DAYS[:4]
    write(redshift, *days)
    write_day(redshift.lake, days[2], [event(ts=at(days[2]), itemInSession=7), wrong], "c")
    results = load(redshift, days)
    assert [(result.state, result.records, result.rejected) for result in results] == [
        ("loaded", 3, 0),
        ("loaded", 3, 0),
        ("loaded", 5, 1),
        ("loaded", 3, 0),
    ]
    assert {result.together for result in results} == {4}
    assert redshift.star() == redshift.expected(days)


def test_a_refused_day_keeps_no_other_day_from_being_published(redshift: Platform) -> None:
    days = DAYS[:3]
    write(redshift, *days)
    write_day(redshift.lake, days[1], ["{"] * 150, "c")
    assert [result.state for result in load(redshift, days)] == ["loaded", "refused", "loaded"]
    assert redshift.star() == redshift.expected([days[0], days[2]])


def test_a_range_loaded_again_day_by_day_stays_the_same(redshift: Platform) -> None:
    days = DAYS[:3]
    write(redshift, *days)
    load(redshift, days)
    before = redshift.star()
    for day in days:
        redshift.load(day, force=True)
    assert redshift.star() == before


class TestDirtAtSize:
    """Of files with bad records only these are looked at, and no file is read record by record."""

    @pytest.fixture
    def validated(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """How many records the validator was asked about."""
        asked: list[int] = []
        validate = __import__("sparkify_assets.lake.split", fromlist=["validate"]).validate

        def counting(records: object, table: object) -> object:
            for verdict in validate(records, table):
                asked.append(verdict.record.line_number)
                yield verdict

        monkeypatch.setattr("sparkify_assets.lake.split.validate", counting)
        return asked

    def test_only_what_copy_names_is_validated(
        self, redshift: Platform, stand_in: StandIn, validated: list[int]
    ) -> None:
        days = DAYS[:3]
        for day in days:
            for name in ("a", "b", "c.gz"):
                records = [event(ts=at(day), itemInSession=n, page=f"Page {name}") for n in range(50)]
                write_day(redshift.lake, day, [*records[:20], "{", *records[20:]], name)
        with stand_in.recording() as recorded:
            results = load(redshift, days)
        assert [(result.records, result.rejected) for result in results] == [(153, 3)] * 3
        assert validated == [21] * 9
        assert redshift.star() == redshift.expected(days)
        places = redshift.values("SELECT DISTINCT line_number, record FROM staging.rejected_records")
        assert places == [(21, "{")]
        # Three passes of COPY over the files, of two kinds each day; the rejects, the ledger and the audits.
        assert copies([statement.sql for statement in recorded]) <= 3 * 6 + 3

    def test_a_blank_line_makes_the_validator_read_the_file(self, redshift: Platform, validated: list[int]) -> None:
        write_day(redshift.lake, DAY, [event(), "", "{", event(itemInSession=1)])
        result = redshift.load(DAY)
        assert (result.records, result.rejected) == (3, 1)
        assert sorted(validated) == [1, 3, 3, 4]
        assert redshift.star() == redshift.expected([DAY])
