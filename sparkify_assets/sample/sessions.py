"""A session: what one user does from the first page to the last, as lines of a log file.

Which users listen on a day, and which files the lines go to, belongs in `days`.
"""

from random import Random

from sparkify_assets.sample.listeners import Listener
from sparkify_assets.sample.repertoire import Repertoire, Tune

# Whose event it is, if known: user, session, level, gender and location.
Who = tuple[int, int, str, str, str]
# When it happened, its line, whose it is, and the tune that was played, if any.
Event = tuple[int, str, Who | None, Tune | None]

METHODS_AND_STATUSES = {
    "Home": ("GET", 200),
    "Settings": ("GET", 200),
    "Help": ("GET", 200),
    "About": ("GET", 200),
    "Upgrade": ("GET", 200),
    "Downgrade": ("GET", 200),
    "Error": ("GET", 404),
    "Login": ("PUT", 307),
    "Logout": ("PUT", 307),
    "Save Settings": ("PUT", 307),
    "Submit Upgrade": ("PUT", 307),
    "Submit Downgrade": ("PUT", 307),
    "Thumbs Up": ("PUT", 307),
    "Thumbs Down": ("PUT", 307),
    "Add Friend": ("PUT", 307),
    "Add to Playlist": ("PUT", 200),
    "Roll Advert": ("GET", 200),
    "Register": ("GET", 200),
    "Submit Registration": ("PUT", 307),
    "Cancel": ("PUT", 307),
    "Cancellation Confirmation": ("GET", 200),
}

# How often something other than the next song happens while a song plays, and what it is.
INTERLUDE_SHARE = 0.075
INTERLUDES = {
    "free": ("Home", "Settings", "Help", "About", "Error", "Upgrade", "Logout"),
    "paid": ("Home", "Settings", "Help", "About", "Error", "Downgrade", "Logout"),
}
INTERLUDE_WEIGHTS = (38, 9, 7, 5, 1.5, 11, 17)
PAUSE_SHARE = 0.02
# How often a song is followed by one of these, in samples with every page.
REACTION_SHARE = {"free": 0.2, "paid": 0.11}
REACTIONS = ("Thumbs Up", "Add to Playlist", "Add Friend", "Thumbs Down", "Roll Advert")
REACTION_WEIGHTS = {"free": (5, 2.8, 2, 1.2, 9), "paid": (5, 2.8, 2, 1.2, 0)}

VISITOR_SHARE = 0.07
LOGIN_SHARE = 0.04
HOME_SHARE = 0.33
# Only the home page is seen: most sessions in the real data hold one or two events.
IDLE_SHARE = {"free": 0.55, "paid": 0.2}
MEAN_PLAYS = {"free": 3.4, "paid": 32.0}


class ListeningSession:
    """The events of one session so far. Items count up from 0. Nothing is added from `until` on or beyond `room`."""

    def __init__(self, listener: Listener, number: int, until: int, room: int, level: str, every_page: bool) -> None:
        self.events: list[Event] = []
        self.every_page = every_page
        self._listener = listener
        self._number = number
        self._until = until
        self._room = room
        self.turn(level)

    def turn(self, level: str) -> None:
        """Continue at a level."""
        who = self._listener
        self.level = level
        self._who = (int(who.user_id), self._number, level, who.gender, who.location)

    def open_at(self, ts: int) -> bool:
        return ts < self._until and len(self.events) < self._room

    def play(self, tune: Tune, ts: int) -> None:
        if not self.open_at(ts):
            return
        who = self._listener
        self.events.append(
            (
                ts,
                f'{tune.opening}{who.first_name}{len(self.events)}{who.last_name}{tune.length},"level":"{self.level}'
                f'{who.place}PUT","page":"NextSong"{who.registration}{self._number},"song":'
                f"{tune.closing}{ts}{who.ending}",
                self._who,
                tune,
            )
        )

    def show(self, page: str, ts: int, auth: str = "Logged In") -> None:
        """Add a page seen by the user while logged in, or just cancelled."""
        if not self.open_at(ts):
            return
        who = self._listener
        method, status = METHODS_AND_STATUSES[page]
        self.events.append(
            (
                ts,
                f'{{"artist":null,"auth":"{auth}","firstName":{who.first_name}{len(self.events)}{who.last_name}null,'
                f'"level":"{self.level}{who.place}{method}","page":"{page}"{who.registration}{self._number},"song":null,'
                f'"status":{status},"ts":{ts}{who.ending}',
                self._who,
                None,
            )
        )

    def show_visitor(self, page: str, ts: int, auth: str = "Logged Out") -> None:
        """Add a page seen by a logged-out visitor or a guest, of whom only the level of the session is known."""
        if not self.open_at(ts):
            return
        method, status = METHODS_AND_STATUSES[page]
        self.events.append(
            (
                ts,
                f'{{"artist":null,"auth":"{auth}","firstName":null,"gender":null,'
                f'"itemInSession":{len(self.events)},"lastName":null,"length":null,"level":"{self.level}",'
                f'"location":null,"method":"{method}","page":"{page}","registration":null,"sessionId":{self._number},'
                f'"song":null,"status":{status},"ts":{ts},"userAgent":null,"userId":""}}',
                None,
                None,
            )
        )


def hold_session(session: ListeningSession, chance: Random, repertoire: Repertoire, taste: int, start: int) -> None:
    """Fill an ordinary session, from its opening to the last song."""
    opening = chance.random()
    if opening < VISITOR_SHARE:
        session.show_visitor("Home", start)
        if chance.random() < 0.2:
            pages = ("About", "Help", "Register") if session.every_page else ("About", "Help")
            session.show_visitor(chance.choice(pages), start + seconds(chance, 30))
        return
    clock = start
    if opening < VISITOR_SHARE + LOGIN_SHARE:
        clock = _log_in(session, chance, clock)
    elif opening < VISITOR_SHARE + LOGIN_SHARE + HOME_SHARE:
        session.show("Home", clock)
        if chance.random() < IDLE_SHARE[session.level]:
            return
        clock += seconds(chance, 60) if chance.random() < 0.7 else 0
    listen(session, chance, repertoire, taste, clock, _plays(chance, session.level))


def hold_changing_session(session: ListeningSession, chance: Random, change: int) -> int:
    """Open a session in which the user changes level at `change`; return when songs may follow."""
    upgrading = session.level == "free"
    session.show("Home", change - 60_000)
    session.show("Upgrade" if upgrading else "Downgrade", change - 20_000)
    session.show("Submit Upgrade" if upgrading else "Submit Downgrade", change - 1000)
    session.turn("paid" if upgrading else "free")
    session.show("Home", change)
    return change + seconds(chance, 40)


def hold_first_session(session: ListeningSession, chance: Random, joined: int) -> int:
    """Open the session in which a guest becomes a user; return when songs may follow."""
    session.show_visitor("Home", joined - 120_000, "Guest")
    session.show_visitor("Register", joined - 90_000, "Guest")
    session.show_visitor("Submit Registration", joined, "Guest")
    session.show("Home", joined + 1000)
    return joined + 1000 + seconds(chance, 40)


def hold_last_session(session: ListeningSession, cancelled: int) -> None:
    """Fill the session in which a user cancels the account."""
    session.show("Home", cancelled - 60_000)
    session.show("Settings", cancelled - 40_000)
    session.show("Cancel", cancelled - 5000)
    session.show("Cancellation Confirmation", cancelled, "Cancelled")


def listen(
    session: ListeningSession, chance: Random, repertoire: Repertoire, taste: int, clock: int, plays: int
) -> None:
    """Play songs in a row: each starts when the one before ends. Other pages are seen while a song plays."""
    for _ in range(plays):
        if not session.open_at(clock):
            return
        tune = repertoire.pick(chance, taste)
        session.play(tune, clock)
        over = clock + tune.seconds * 1000
        draw = chance.random()
        if draw < INTERLUDE_SHARE:
            over = max(over, _interlude(session, chance, clock + seconds(chance, max(2, tune.seconds))))
        elif session.every_page and draw < INTERLUDE_SHARE + REACTION_SHARE[session.level]:
            over = _react(session, chance, clock, over)
        elif draw > 1 - PAUSE_SHARE:
            over += seconds(chance, 1800)
        clock = over


def seconds(chance: Random, most: int) -> int:
    """Return whole seconds, at least one, in milliseconds."""
    return 1000 * (1 + int(most * chance.random()))


def _plays(chance: Random, level: str) -> int:
    return 1 + int(chance.expovariate(1 / (MEAN_PLAYS[level] - 0.5)))


def _interlude(session: ListeningSession, chance: Random, clock: int) -> int:
    page = chance.choices(INTERLUDES[session.level], INTERLUDE_WEIGHTS)[0]
    session.show(page, clock)
    if page == "Settings" and chance.random() < 0.2:
        clock += 1000
        session.show("Save Settings", clock)
    elif page == "Error":
        clock += seconds(chance, 5)
        session.show("Home", clock)
    elif page == "Logout":
        clock = _log_in(session, chance, clock + seconds(chance, 60))
    return clock


def _react(session: ListeningSession, chance: Random, clock: int, over: int) -> int:
    """Rate the song, share it, or see an advert after it; return when the next one may start."""
    page = chance.choices(REACTIONS, REACTION_WEIGHTS[session.level])[0]
    if page == "Roll Advert":
        session.show(page, over)
        return over + 30_000
    session.show(page, (clock + over) // 2000 * 1000 + over % 1000)
    return over


def _log_in(session: ListeningSession, chance: Random, clock: int) -> int:
    if chance.random() < 0.8:
        session.show_visitor("Home", clock)
        clock += seconds(chance, 20)
    session.show_visitor("Login", clock)
    clock += seconds(chance, 60)
    session.show("Home", clock)
    return clock + seconds(chance, 60)
