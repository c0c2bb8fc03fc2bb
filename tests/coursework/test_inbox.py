"""Folders and archives are listed person by person, and nothing in them leads out, stops the class or fills memory."""

import io
import json
import os
import stat
import zipfile
from zoneinfo import ZoneInfo

import pytest
from grading.inbox import DEEPEST, Unusable, open_inbox
from hypothesis import given
from hypothesis import strategies as st

from tests.coursework.conftest import NAME, handed_in

UTC = ZoneInfo("UTC")


def pack(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def listed(path):
    entries, left_out = open_inbox(path, [NAME], UTC)
    return {(entry.name, entry.lms, entry.system): sorted(file.path for file in entry.files) for entry in entries}, \
        left_out


MOODLE = {"Ada Lovelace_123_assignsubmission_file_/small.ipynb": "1",
          "Ada Lovelace_123_assignsubmission_file_/photo.jpg": "2",
          "Zoë Müller_124_assignsubmission_file/small.ipynb": "3",
          "Bob O'Neil_125_assignsubmission_file_small.ipynb": "4",
          "Bob O'Neil_125_assignsubmission_onlinetext_/onlinetext.html": "5"}
CANVAS = {"lovelaceada_12345_67890_small.ipynb": "1", "lovelaceada_12345_67891_photo.jpg": "2",
          "müllerzoë_LATE_12346_67892_small-1.ipynb": "3"}


def test_moodles_archive(tmp_path):
    found, left_out = listed(pack(tmp_path / "set.zip", MOODLE))
    assert found == {("Ada Lovelace", "123", "moodle"): ["photo.jpg", "small.ipynb"],
                     ("Zoë Müller", "124", "moodle"): ["small.ipynb"],
                     ("Bob O'Neil", "125", "moodle"): ["small.ipynb"]}
    assert len(left_out) == 1 and "Moodle's onlinetext" in left_out[0]


def test_canvas_archive(tmp_path):
    path = pack(tmp_path / "set.zip", CANVAS)
    found, left_out = listed(path)
    assert found == {("lovelaceada", "12345", "canvas"): ["photo.jpg", "small.ipynb"],
                     ("müllerzoë", "12346", "canvas"): ["small.ipynb"]}
    assert left_out == []
    assert [entry.late for entry in open_inbox(path, [NAME], UTC)[0]] == [False, True]


@pytest.mark.parametrize("files", [MOODLE, CANVAS])
def test_an_unpacked_archive_or_one_with_a_folder_around_it_is_the_same(tmp_path, files):
    plain = listed(pack(tmp_path / "plain.zip", files))[0]
    assert listed(pack(tmp_path / "around.zip", {f"set 1/{name}": text for name, text in files.items()}))[0] == plain
    zipfile.ZipFile(tmp_path / "plain.zip").extractall(tmp_path / "unpacked")
    assert listed(tmp_path / "unpacked")[0] == plain


@pytest.mark.parametrize("name", ["ada.ipynb", "ada.IPYNB", "ada.ipynb.json", "ada.ipynb.txt", "ada.zip", "ada.ZIP"])
def test_a_file_for_a_student(tmp_path, name):
    (tmp_path / name).write_text("{}")
    assert listed(tmp_path)[0] == {("ada", "", ""): [name]}


def test_one_level_too_deep_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "small.ipynb").write_text("{}")
    with pytest.raises(ValueError, match="one student's folder; give the folder above"):
        open_inbox(tmp_path / "ada", [NAME], UTC)


def test_nothing_is_not_the_folder_in_which_one_stands():
    with pytest.raises(ValueError, match="FROM is empty"):
        open_inbox("", [NAME], UTC)


@pytest.mark.parametrize("what, sentence", [("nothing", "is not there"), ("notes.txt", "another file")])
def test_what_is_no_folder_is_refused_in_one_sentence(tmp_path, what, sentence):
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(ValueError, match=sentence):
        open_inbox(tmp_path / what, [NAME], UTC)


def test_a_maze_of_folders_stops_nobody(tmp_path):
    """Fifteen hundred folders in one another, made so that no path is too long."""
    here = os.getcwd()
    (tmp_path / "deep").mkdir()
    os.chdir(tmp_path / "deep")
    for _ in range(1500):
        os.mkdir("d")
        os.chdir("d")
    os.chdir(here)
    (tmp_path / "zoe").mkdir()
    (tmp_path / "zoe/small.ipynb").write_text(json.dumps(handed_in()))
    entries, _ = open_inbox(tmp_path, [NAME], UTC)
    assert {entry.name: bool(entry.files) for entry in entries} == {"deep": False, "zoe": True}
    os.system(f"rm -rf '{tmp_path / 'deep'}'")  # pytest's own way would end like the old collect


def test_links_and_pipes_are_not_opened(tmp_path):
    secret = tmp_path / "secret.ipynb"
    secret.write_text("{}")
    box = tmp_path / "box"
    (box / "ada").mkdir(parents=True)
    (box / "ada/small.ipynb").symlink_to(secret)
    os.mkfifo(box / "ada/pipe.ipynb")
    (box / "bob").symlink_to(tmp_path)
    entries, left_out = open_inbox(box, [NAME], UTC)
    assert [entry.name for entry in entries] == ["ada"] and "is a link" in left_out[0]
    for file in entries[0].files:
        with pytest.raises(Unusable):
            file.read(10)


def test_an_archive_cannot_lead_out_or_hold_links(tmp_path):
    path = pack(tmp_path / "set.zip", {"../ada/small.ipynb": "1", "/bob/small.ipynb": "2", "eve/../../x.ipynb": "3",
                                       "__MACOSX/ada/small.ipynb": "4", "d/" * (DEEPEST + 1) + "x.ipynb": "5"})
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("carl/small.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert listed(path)[0] == {("bob", "", ""): ["small.ipynb"]}  # "/bob" means a folder bob in the archive


def test_a_bomb_is_read_only_as_far_as_is_allowed(tmp_path):
    path = pack(tmp_path / "set.zip", {"ada/small.ipynb": b"0" * 30_000_000})
    file = open_inbox(path, [NAME], UTC)[0][0].files[0]
    with pytest.raises(Unusable, match="larger than 1 MB"):
        file.read(2**20)


def test_a_damaged_archive_concerns_only_whose_file_it_is(tmp_path):
    path = pack(tmp_path / "set.zip", {"ada/small.ipynb": os.urandom(5000), "bob/small.ipynb": "{}"})
    data = bytearray(path.read_bytes())
    data[2000] ^= 255
    path.write_bytes(data)
    ada, bob = open_inbox(path, [NAME], UTC)[0]
    with pytest.raises(Unusable, match="cannot be unpacked"):
        ada.files[0].read(10**6)
    assert bob.files[0].read(10) == b"{}"


def test_times_of_an_archive_are_of_the_courses_zone(tmp_path):
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("ada/small.ipynb", (2026, 7, 1, 12, 0, 0)), "{}")
        archive.writestr(zipfile.ZipInfo("bob/small.ipynb", (1980, 0, 0, 0, 0, 0)), "{}")
    ada, bob = open_inbox(path, [NAME], ZoneInfo("Europe/Berlin"))[0]
    assert f"{ada.time:%H:%M %Z}" == "10:00 UTC" and bob.time is None


@given(st.dictionaries(st.text(min_size=1, max_size=40).filter(lambda name: "\0" not in name), st.binary(max_size=50),
                       max_size=8))
def test_any_archive_is_listed_without_a_path_that_leads_out(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            try:
                archive.writestr(name, content)
            except UnicodeEncodeError:
                continue
    from grading.inbox import members
    for file in members(zipfile.ZipFile(buffer), UTC):
        assert not file.path.startswith("/") and ".." not in file.path.split("/")
        assert isinstance(file.read(100), bytes)
