"""Identities are safe as names of files whoever the person is; the roster finds people as systems write them."""

import unicodedata

import pytest
from grading import people
from hypothesis import given
from hypothesis import strategies as st

ADA = people.Person("ada", "Ada Lovelace", "ada@example.org", "A", "4711")
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)


@given(NAMES)
def test_identity_is_safe_as_a_name_of_files(name):
    identity = people.identity(name)
    assert people.IDENTITY.fullmatch(identity)
    assert identity.isascii() and "/" not in identity and not identity.startswith(".")
    assert people.identity(identity) == identity


@given(NAMES, NAMES)
def test_different_people_have_different_identities(one, other):
    alike = unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)
    assert (people.identity(one) == people.identity(other)) == alike


def test_identity_can_be_read():
    assert people.identity("ada") == "ada"
    assert people.identity("Zoë Müller").startswith("zoe-muller-")
    assert people.identity("李小龙").startswith("student-")
    assert people.identity("..%2f..%2fetc").startswith("2f-2fetc-")


@pytest.mark.parametrize("written", ["Ada Lovelace", "Lovelace, Ada", "lovelaceada", "ADA  LOVELACE", "ada"])
def test_roster_finds_a_person_however_a_system_writes_the_name(written):
    assert people.Roster([ADA]).find(written) == ADA


def test_roster_finds_by_number_and_says_when_a_name_fits_two():
    other = people.Person("ada2", "Ada Lovelace", lms="12")
    roster = people.Roster([ADA, other])
    assert roster.find("Ada Lovelace", "12") == other
    assert roster.find("Grace Hopper") is None
    with pytest.raises(LookupError, match="ada and ada2"):
        roster.find("Ada Lovelace", "99")


def test_roster_finds_names_without_their_accents():
    person = people.Person("z1", "Zoë Müller-Šťastná")
    assert people.Roster([person]).find("mullerstastnazoe") == person


@pytest.mark.parametrize("text, expected", [
    ("student,name,email,group,lms\nada,Ada Lovelace,ada@example.org,A,4711\n", [ADA]),
    ("\ufeffstudent;name;e-mail;group;LMS id\nada;Ada Lovelace;ada@example.org;A;4711\n", [ADA]),
    ("student\nada\n\n", [people.Person("ada")])])
def test_roster_is_read_as_spreadsheets_write_it(tmp_path, text, expected):
    (tmp_path / "roster.csv").write_text(text, "utf-8")
    assert list(people.load(tmp_path)) == expected


@pytest.mark.parametrize("text, sentence", [
    ("name\nAda\n", "no column 'student'"), ("", "is empty"), ("student\nzoë\n", "line 2: 'zoë' cannot be"),
    ("student\nada\nada\n", "line 3: 'ada' comes twice"), ("student\n../x\n", "cannot be a student's identity")])
def test_a_wrong_roster_is_refused_in_one_sentence(tmp_path, text, sentence):
    (tmp_path / "roster.csv").write_text(text, "utf-8")
    with pytest.raises(ValueError, match=sentence):
        people.load(tmp_path)
