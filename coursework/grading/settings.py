"""A course's rules, from one small file, course.toml: deadlines, what lateness costs, which attempt counts.

All times inside the grading are UTC; the file speaks the wall-clock of its own time zone.
"""

import math
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

FILE = "course.toml"
ATTEMPTS = ("last", "best", "first")
KNOWN = {"": {"time_zone", "attempts", "variants", "late", "deadlines", "extensions"},
         "late": {"grace_minutes", "off_per_day", "closed_after_days"}}


@dataclass(frozen=True)
class Settings:
    """The rules of one course. Deadlines are aware datetimes; `off_per_day` is a share of what was earned."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    attempts: str = "last"
    variants: bool = False
    grace_minutes: float = 10.0
    off_per_day: float = 0.0
    closed_after_days: float = math.inf
    deadlines: dict = field(default_factory=dict)
    extensions: dict = field(default_factory=dict)

    def due(self, name, student):
        """When this student's submission of a problem set is due, or None without a deadline."""
        return self.extensions.get(student, {}).get(name, self.deadlines.get(name))

    def late_by(self, name, student, time):
        """How late a submission came, a timedelta; zero within the grace."""
        due = self.due(name, student)
        if due is None or time <= due + timedelta(minutes=self.grace_minutes):
            return timedelta(0)
        return time - due

    def share_lost(self, late):
        """The share of its marks, 0 to 1, that a submission loses by being late for this long."""
        days = late / timedelta(days=1)
        return 1.0 if days > self.closed_after_days else min(1.0, self.off_per_day * math.ceil(days))

    def says(self, name, student, time):
        """What a student reads about the time: when the work came and was due, and what lateness costs."""
        due, late = self.due(name, student), self.late_by(name, student, time)
        sentence = f"Handed in on {self.local(time)}"
        if due is None:
            return f"{sentence}."
        own = " (your extension)" if student in self.extensions and name in self.extensions[student] else ""
        if not late:
            return f"{sentence}, in time for {self.local(due)}{own}."
        return f"{sentence}, {spoken(late)} after {self.local(due)}{own}; this costs " \
               f"{100 * self.share_lost(late):.0f} % of the marks."

    def local(self, time):
        return f"{time.astimezone(self.zone):%d %b %Y, %H:%M %Z}"


def load(folder):
    """The rules in a course's folder; without a file there are no deadlines and the last attempt counts."""
    path = Path(folder) / FILE
    if not path.exists():
        return Settings()
    try:
        return parse(tomllib.loads(path.read_text("utf-8-sig")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from None


def parse(data):
    """Settings from the parsed file. ValueError with one sentence about what is wrong in it."""
    late = _table(data, "late")
    for place, given in (("", data), ("late", late)):
        if unknown := set(given) - KNOWN[place]:
            raise ValueError(f"{sorted(unknown)[0]!r} is not a setting{f' of [{place}]' if place else ''}; "
                             f"known are {', '.join(sorted(KNOWN[place]))}")
    zone = _zone(data.get("time_zone", "UTC"))
    if data.get("attempts", "last") not in ATTEMPTS:
        raise ValueError(f"attempts is {data['attempts']!r}, but should be one of {', '.join(ATTEMPTS)}")
    if not isinstance(data.get("variants", False), bool):
        raise ValueError(f"variants is {data['variants']!r}, but should be true or false")
    for name, value in late.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
            raise ValueError(f"{name} of [late] is {value!r}, but should be a number of zero or more")
    if late.get("off_per_day", 0) > 1:
        raise ValueError(f"off_per_day is {late['off_per_day']}, but should be a share between 0 and 1")
    extensions = {str(student): _times(sets, zone, f"extensions.{student}")
                  for student, sets in _table(data, "extensions").items()}
    return Settings(zone, data.get("attempts", "last"), data.get("variants", False), extensions=extensions,
                    deadlines=_times(_table(data, "deadlines"), zone, "deadlines"), **late)


def read_time(text, zone):
    """A time that a person wrote, such as "2026-10-19 18:00", in the course's zone unless it names its own."""
    try:
        return in_utc(datetime.fromisoformat(str(text).strip()), zone)
    except ValueError:
        raise ValueError(f"{text!r} is not a time; write it as 2026-10-19 18:00") from None


def now():
    return datetime.now(UTC).replace(microsecond=0)


def in_utc(time, zone):
    return (time if time.tzinfo else time.replace(tzinfo=zone)).astimezone(UTC).replace(microsecond=0)


def spoken(duration):
    """A duration as people say it: its two largest units."""
    minutes = max(1, round(duration / timedelta(minutes=1)))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [f"{n} {unit}" for n, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if n]
    return " ".join(parts[:2])


def _table(data, name):
    table = data.get(name, {})
    if not isinstance(table, dict):
        raise ValueError(f"{name} should be a table, [{name}]")
    return table


def _zone(name):
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, TypeError, OSError):
        raise ValueError(f"time_zone is {name!r}, but should be a name such as Europe/Berlin") from None


def _times(table, zone, place):
    if not isinstance(table, dict):
        raise ValueError(f"{place} should be a table of problem sets and times")
    for name, time in table.items():
        if not isinstance(time, datetime):
            raise ValueError(f"{name} of [{place}] is {time}, but should be a time such as 2026-10-19T23:59:00")
    return {name: in_utc(time, zone) for name, time in table.items()}
