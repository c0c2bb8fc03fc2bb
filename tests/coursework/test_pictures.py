"""Photos of derivations reach the marker, and nothing of a picture survives but its pixels."""

import base64
import io
from zoneinfo import ZoneInfo

import pytest
from grading import pictures, reading, submissions
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.coursework.conftest import NAME, RELEASED, file, handed_in, texts

HOSTILE = b"<script>evil()</script>"


def picture(kind="PNG", size=(60, 40), color="red", **options):
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, kind, **options)
    return out.getvalue()


def with_attachments(text, attachments):
    notebook = handed_in({"q1-answer": text})
    answer = next(own for own in notebook["cells"] if own["id"] == "q1-answer")
    answer["attachments"] = {name: {kind: base64.b64encode(data).decode()}
                             for name, (kind, data) in attachments.items()}
    return notebook


def answer(*files):
    """The rebuilt answer that should show pictures, and all remarks."""
    taken = reading.take(list(files), NAME, [RELEASED], ZoneInfo("UTC"))
    rebuilt, remarks = submissions.rebuild(taken["notebook"], RELEASED)
    scans = [scan | {"file": f"scan-{n}"} for n, scan in enumerate(taken["scans"], start=1)]
    submissions.add_scans(rebuilt, scans)
    return next(own for own in rebuilt["cells"] if own["id"] == "q1-answer"), " ".join(taken["remarks"] + remarks)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("reference", ["![h.png](attachment:h.png)", '![](attachment:h.png "my photo")',
                                       '<img src="attachment:h.png" width="300">'])
def test_a_pasted_photo_reaches_the_marker(kind, reference):
    notebook = with_attachments(f"See {reference} for $a<b$.", {"h.png": ("image/png", picture(kind))})
    own, remarks = answer(file("small.ipynb", notebook))
    (name, bundle), = own["attachments"].items()
    assert f"(attachment:{name})" in own["source"] and "$a< b$" in own["source"] and remarks == ""
    assert Image.open(io.BytesIO(base64.b64decode(*bundle.values()))).format == kind
    assert list(bundle) == [f"image/{kind.lower()}"]


def test_pictures_of_the_same_name_in_two_parts_stay_two():
    notebook = with_attachments("![](attachment:image.png)", {"image.png": ("image/png", picture(color="red"))})
    place = next(n for n, own in enumerate(notebook["cells"]) if own["id"] == "q1-answer")
    other = with_attachments("![](attachment:image.png)", {"image.png": ("image/png", picture(color="blue"))})
    notebook["cells"].insert(place + 1, other["cells"][place])
    notebook["cells"][place + 1]["source"] += " "  # not a copy
    notebook["cells"][place + 1]["source"] += "and another"
    own, _ = answer(file("small.ipynb", notebook))
    assert len(own["attachments"]) == 2 == len({str(bundle) for bundle in own["attachments"].values()})


def test_a_missing_picture_leaves_a_visible_note():
    own, remarks = answer(file("small.ipynb", handed_in({"q1-answer": "![h](attachment:h.png)"})))
    assert "The picture 'h.png' is missing" in own["source"] and "The picture 'h.png' is missing" in remarks
    assert "attachment:" not in own["source"]


@pytest.mark.parametrize("data", [HOSTILE, b"\x89PNG\r\n\x1a\n" + HOSTILE, picture()[:60], b"GIF89a" + HOSTILE,
                                  b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
def test_what_is_no_picture_is_not_shown(data):
    own, _ = answer(file("small.ipynb", with_attachments("![](attachment:h.png)", {"h.png": ("image/png", data)})))
    assert "attachments" not in own and "is missing" in own["source"]


@pytest.mark.parametrize("kind, options", [("PNG", {}), ("JPEG", {"exif": b"Exif\0\0" + HOSTILE, "comment": HOSTILE})])
def test_nothing_but_pixels_survives(kind, options):
    _, data = pictures.clean(picture(kind, **options) + HOSTILE)
    assert HOSTILE not in data and Image.open(io.BytesIO(data)).size == (60, 40)


def test_large_photos_are_made_smaller_and_too_large_ones_refused():
    kind, data = pictures.clean(picture("JPEG", (4000, 3000)))
    assert kind == "image/jpeg" and Image.open(io.BytesIO(data)).size == (2000, 1500)
    with pytest.raises(ValueError, match="million pixels"):
        pictures.clean(picture("PNG", (10_000, 7_000)))
    with pytest.raises(ValueError, match="larger than 15 MB"):
        pictures.clean(b"\xff\xd8\xff" + bytes(pictures.LARGEST))


def test_transparent_png_is_kept_as_it_is():
    out = io.BytesIO()
    Image.new("RGBA", (5, 5), (255, 0, 0, 0)).save(out, "PNG")
    kept = Image.open(io.BytesIO(pictures.clean(out.getvalue())[1]))
    assert kept.mode == "RGBA" and kept.getpixel((0, 0))[3] == 0


def test_scans_beside_the_notebook_are_shown_or_linked_below_the_derivation():
    blank = handed_in({"q1-answer": texts(RELEASED)["q1-answer"]})
    own, remarks = answer(file("small.ipynb", blank), file("Scan [1].JPG", picture("JPEG")),
                          file("derivation.pdf", b"%PDF-1.7 ..."), file("photo.heic", b"x"), file("fake.png", HOSTILE))
    assert "![Scan 1 .JPG](attachment:picture-1.jpeg)" in own["source"]
    assert "[derivation.pdf (PDF)](scan-2)" in own["source"]
    assert list(own["attachments"]) == ["picture-1.jpeg"]
    assert "'photo.heic' is missing here: hand in pictures as JPEG" in remarks
    assert "'fake.png' is missing here: it is neither" in remarks
    assert own["source"] != texts(RELEASED)["q1-answer"]  # so that a marker looks at it


@given(st.text(max_size=200) | st.from_regex(r"!\[.{0,9}\]\(attachment:.{0,9}\)|<img src='attachment:.{0,9}'>"))
def test_no_reference_is_left_that_could_stop_a_page(text):
    source, attachments, missing = pictures.placed(text, {})
    assert not pictures.REFERENCE.search(source) and attachments == {}
    assert (source == text) == (missing == [])
