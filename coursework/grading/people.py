"""Who handed in: the roster, and identities that are safe as names of files whatever a person is called."""

import csv
import hashlib
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

FILE = "roster.csv"
HEAD = "student,name,email,group,lms"
IDENTITY = re.compile(r"(?!.*\.json$)[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
COLUMNS = {"student": "student", "name": "name", "email": "email", "e-mail": "email", "group": "group", "lms": "lms",
           "lms id": "lms", "lms_id": "lms"}


@dataclass(frozen=True)
class Person:
    """A row of the roster; `lms` is what the learning management system calls the person."""

    student: str
    name: str = ""
    email: str = ""
    group: str = ""
    lms: str = ""


def identity(name):
    """The identity of a person without a roster: the name itself if it is safe, else its letters and a fingerprint."""
    name = unicodedata.normalize("NFC", name)
    if IDENTITY.fullmatch(name):
        return name
    letters = re.sub(r"[^a-z0-9]+", "-", unicodedata.normalize("NFKD", name.casefold())
                     .encode("ascii", "ignore").decode()).strip("-")
    return f"{letters[:40].strip('-') or 'student'}-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:8]}"


def spellings(name):
    """A name without case, accents and spaces, in every order of its parts: {"adalovelace", "lovelaceada"}."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    parts = re.findall(r"\w+", "".join(c for c in folded if not unicodedata.combining(c)).replace("_", " "))
    return {"".join(parts[n:] + parts[:n]) for n in range(len(parts))}


class Roster:
    """The people of a course, found by identity, by the system's number, or by name."""

    def __init__(self, people=()):
        self.people = {person.student: person for person in people}
        self._by_lms = {person.lms: person for person in people if person.lms}
        self._by_name = {}
        for person in people:
            for spelling in spellings(person.name):
                self._by_name.setdefault(spelling, []).append(person)

    def __iter__(self):
        return iter(self.people.values())

    def __bool__(self):
        return bool(self.people)

    def find(self, name, lms=""):
        """The person, or None. LookupError if the name fits several."""
        found = self._by_lms.get(lms) or self.people.get(name)
        if found:
            return found
        named = {person.student: person for spelling in spellings(name) for person in self._by_name.get(spelling, [])}
        if len(named) > 1:
            raise LookupError(f"the name fits {' and '.join(sorted(named))} of the roster; put the number that the "
                              "system uses into the roster's column lms, or rename the folder after the student")
        return next(iter(named.values()), None)


def load(folder):
    """The roster in a course's folder; an empty one if there is none. ValueError says what is wrong in it."""
    path = Path(folder) / FILE
    if not path.exists():
        return Roster()
    with open(path, newline="", encoding="utf-8-sig") as file:
        try:
            head = file.readline()
            file.seek(0)
            rows = list(csv.reader(file, delimiter=max(",;\t", key=head.count)))
        except UnicodeDecodeError:
            raise ValueError(f"{path} is not UTF-8; save it as \"CSV UTF-8\"") from None
    if not rows:
        raise ValueError(f"{path} is empty; its first line should be {HEAD}")
    columns = [COLUMNS.get(title.strip().casefold()) for title in rows[0]]
    if "student" not in columns:
        raise ValueError(f"{path} has no column 'student'; its first line should be {HEAD}")
    return Roster(_people(path, columns, rows[1:]))


def _people(path, columns, rows):
    people, seen = [], set()
    for line, row in enumerate(rows, start=2):
        person = Person(**{"student": ""} | {
            column: unicodedata.normalize("NFC", value.strip()) for column, value in zip(columns, row) if column})
        if not any(row):
            continue
        if not IDENTITY.fullmatch(person.student):
            raise ValueError(f"{path}, line {line}: {person.student!r} cannot be a student's identity; use ASCII "
                             "letters, digits and _ . @ - only, and write the name into the column name")
        if person.student in seen:
            raise ValueError(f"{path}, line {line}: {person.student!r} comes twice")
        seen.add(person.student)
        people.append(person)
    return people
