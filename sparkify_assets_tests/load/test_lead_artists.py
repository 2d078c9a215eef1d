"""Who leads a credit, which artist of the song catalog that is, and with what it was played, on both engines alike."""

import pytest

from sparkify_assets.load.loading import load_days
from sparkify_assets_tests.lakes import DAY, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

# A credit, and who leads it.
LEADS = {
    "Björk": "Björk",
    "Angus & Julia Stone": "Angus & Julia Stone",
    "Usher featuring will.i.am": "Usher",
    "ETERNAL FEATURING BEBE WINANS": "ETERNAL",
    "Twista feat. Kayne West & Jamie Foxx": "Twista",
    "A & B Ft. C": "A & B",
    "A fEaT.B": "A",
    "The Dust Brothers (featuring Tyler Durden)": "The Dust Brothers",
    "Nappy Roots [Featuring Anthony Hamilton]": "Nappy Roots",
    "A(feat. B)": "A",
    "A ( ft. B)": "A",
    "A  feat. B feat. C": "A",
    "A feat. B / C": "A",
    "Eminem / Dr. Dre / 50 Cent": "Eminem",
    "A / B featuring C": "A",
    "É  /  B": "É",
    "A feat. B\nC. D": "A",
    "A\nB feat. C": "A\nB",
    "Rionegro / Solimões": "Rionegro / Solimões",
    "Rionegro / SolimÃ\x83Âµes feat. A": "Rionegro / Solimões",
    "Alison Krauss / Union Station": "Alison Krauss / Union Station",
    "Rionegro / Solimões ": "Rionegro / Solimões",
    "BjÃ¶rk / A": "Björk",
    " Björk ft. A ": "Björk",
    # None of these is a credit of several.
    "Little Feat.": "Little",
    "Little Feat": "Little Feat",
    "Feat. A": "Feat. A",
    "A featuring": "A featuring",
    "A featured B": "A featured B",
    "Left. Right": "Left. Right",
    "A-ft. B": "A-ft. B",
    "AC/DC": "AC/DC",
    "Gang Starr/Inspectah Deck": "Gang Starr/Inspectah Deck",
    "A /B": "A /B",
    "King Something": "King Something",
    "A feat B": "A feat B",
    "İ feat. B": "İ",
    "A featurİng B": "A featurİng B",
    "": "",
}
_MOZILLA, _WEBKIT = "Mozilla/5.0", "AppleWebKit/537.36 (KHTML, like Gecko)"
_WINDOWS, _MAC = f"{_MOZILLA} (Windows NT 10.0; Win64; x64)", f"{_MOZILLA} (Macintosh; Intel Mac OS X 10_9_4)"
_PHONE, _PIXEL = f"{_MOZILLA} (iPhone; CPU iPhone OS 7_1_2 like Mac OS X)", f"{_MOZILLA} (Linux; Android 13; Pixel 7)"
# An agent, its browser and its system.
AGENTS = {
    f"{_WINDOWS} {_WEBKIT} Chrome/36.0.1985.143 Safari/537.36": ("Chrome", "Windows"),
    f'"{_MOZILLA} (X11; Linux x86_64) {_WEBKIT} Ubuntu Chromium/36.0 Chrome/36.0 Safari/537.36"': ("Chrome", "Linux"),
    f"{_MOZILLA} (X11; CrOS x86_64 14541.0.0) {_WEBKIT} Chrome/120.0.0.0 Safari/537.36": ("Chrome", "Chrome OS"),
    f"{_PIXEL} {_WEBKIT} Chrome/116.0.0.0 Mobile Safari/537.36": ("Chrome", "Android"),
    f"{_PHONE} {_WEBKIT} CriOS/36.0 Mobile/11D257 Safari/9537.53": ("Chrome", "iOS"),
    f"{_WINDOWS} {_WEBKIT} Chrome/120.0 Safari/537.36 Edg/120.0": ("Edge", "Windows"),
    f"{_WINDOWS} {_WEBKIT} Chrome/42.0 Safari/537.36 Edge/12.246": ("Edge", "Windows"),
    f"{_PHONE} {_WEBKIT} Version/16.0 EdgiOS/115.0 Mobile/15E148 Safari/604.1": ("Edge", "iOS"),
    f"{_MAC} {_WEBKIT} Chrome/115.0 Safari/537.36 OPR/101.0": ("Opera", "macOS"),
    "Opera/9.80 (Windows NT 6.1) Presto/2.12.388 Version/12.16": ("Opera", "Windows"),
    f"{_MOZILLA} (Windows NT 6.1; WOW64; rv:31.0) Gecko/20100101 Firefox/31.0": ("Firefox", "Windows"),
    f"{_PHONE} {_WEBKIT} FxiOS/117.0 Mobile/15E148 Safari/605.1.15": ("Firefox", "iOS"),
    f"{_MOZILLA} (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko": ("Internet Explorer", "Windows"),
    f"{_MOZILLA} (compatible; MSIE 10.0; Windows NT 6.2)": ("Internet Explorer", "Windows"),
    f"{_MAC} AppleWebKit/537.78.2 (KHTML, like Gecko) Version/7.0.6 Safari/537.78.2": ("Safari", "macOS"),
    f"{_PHONE} {_WEBKIT} Version/7.0 Mobile/11D257 Safari/9537.53": ("Safari", "iOS"),
    f"{_PIXEL} AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30": ("Other", "Android"),
    "curl/8.5.0": ("Other", "Other"),
    "curl/8.5.0 ": ("Other", "Other"),
    "": ("Other", "Other"),
    None: (None, None),
}
CATALOG = "SELECT artist_name, catalog_artist_id FROM sparkify.songplays ORDER BY artist_name"


def load(platform: Platform, *plays: dict[str, object]) -> None:
    write_day(platform.lake, DAY, [event(itemInSession=n, **play) for n, play in enumerate(plays)])
    load_days(platform.warehouse, platform.open_lake(), [DAY], run_id="a run")


def artists_found(platform: Platform) -> dict[object, object]:
    """The song catalog's artist of each play."""
    return {row[0]: row[1] for row in platform.values(CATALOG)}


def test_the_lead_of_a_credit_is_who_it_names_first(embedded: Platform, redshift: Platform) -> None:
    plays: list[dict[str, object]] = [{"artist": credit} for credit in [*LEADS, None]]
    load(embedded, *plays)
    load(redshift, *plays)
    found = embedded.values("SELECT artist_name, lead_artist FROM sparkify.songplays")
    assert sorted(found, key=repr) == sorted([*LEADS.items(), (None, None)], key=repr)
    assert embedded.star() == redshift.star() == embedded.expected([DAY])


def test_each_agent_belongs_to_a_family_of_browsers_and_of_systems(embedded: Platform, redshift: Platform) -> None:
    plays: list[dict[str, object]] = [{"userAgent": agent} for agent in AGENTS]
    load(embedded, *plays)
    load(redshift, *plays)
    found = embedded.values("SELECT user_agent, browser, os FROM sparkify.songplays")
    assert {agent: families for agent, *families in found} == {agent: [*families] for agent, families in AGENTS.items()}
    assert embedded.star() == redshift.star() == embedded.expected([DAY])


def test_a_play_follows_the_artist_whom_the_song_catalog_knows_alone_by_the_name(platform: Platform) -> None:
    names = ["Björk", "Björk / Ida", "Ida (feat. Björk)", "Björk & Ida", "björk"]
    plays: list[dict[str, object]] = [{"artist": name, "song": "Other"} for name in names]
    load(platform, *plays)
    linked = {"Björk": "AR1", "Björk / Ida": "AR1", "Ida (feat. Björk)": None, "Björk & Ida": None, "björk": None}
    # Songs that appear, by their artists, and the links that follow; a blank at an end makes another artist of it.
    for number, (artist_id, name, found) in enumerate(
        [("AR2", "Björk ", {}), ("AR1", "Björk", linked), ("AR1", "Björk", linked), ("AR1 ", "Björk", {})]
    ):
        path = write_song(
            platform.lake, song(artist_id=artist_id, artist_name=name, song_id=f"SO{number}"), f"TR{number}"
        )
        platform.load_songs()
        assert artists_found(platform) == {**dict.fromkeys(names), **found}
        platform.load(DAY, force=True)
        assert artists_found(platform) == {**dict.fromkeys(names), **found}
    path.unlink()
    platform.load_songs()
    assert artists_found(platform) == linked
    assert platform.star() == platform.expected([DAY])


@pytest.mark.check
def test_an_artist_is_known_by_every_name_of_a_song(embedded: Platform) -> None:
    """The artist's row has only one of them."""
    write_song(embedded.lake, song(artist_name="Björk", artist_location="Reykjavík"), "TR1")
    write_song(embedded.lake, song(artist_name="Björk Guðmundsdóttir", song_id="SO2"), "TR2")
    embedded.load_songs()
    load(embedded, {"artist": "Björk"}, {"artist": "Björk Guðmundsdóttir"})
    assert [artist for _, artist in embedded.values(CATALOG)] == ["AR1", "AR1"]
    assert embedded.values("SELECT name FROM sparkify.artists") == [("Björk",)]
