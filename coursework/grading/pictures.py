"""Photos and scans of derivations. A picture is decoded and written anew, so that nothing but its pixels survives.

PNG and JPEG are known by their first bytes, whatever they are called. A PDF cannot be written anew: it is never shown
in a page, only offered as a file beside it.
"""

import base64
import binascii
import io
import re
import urllib.parse

from PIL import Image, ImageOps

LARGEST, MOST_PIXELS, SIDE = 15 * 2**20, 60_000_000, 2000
"""Bytes and pixels of a picture that is looked at, and pixels along the longer side of one that is kept."""
LARGEST_PNG = 600_000
MOST = 12
"""Pictures and scans of one hand-in."""
REFERENCE = re.compile(
    r"!\[(?P<alt>[^\]\n]{0,300})\]\(\s*attachment:(?P<name>[^)\"\n]{1,300}?)\s*(?:\"[^\"\n]{0,300}\")?\s*\)"
    r"|<img\b[^<>]{0,300}?\bsrc\s*=\s*[\"']attachment:(?P<tagged>[^\"'<>\n]{1,300})[\"'][^<>]{0,300}>", re.IGNORECASE)


def clean(data):
    """(mime type, bytes) of a picture written anew, or a PDF as it is. ValueError says what is wrong with it."""
    if len(data) > LARGEST:
        raise ValueError(f"it is larger than {LARGEST // 2**20} MB")
    if data.startswith(b"%PDF-"):
        return "application/pdf", data
    if not data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        raise ValueError("it is neither PNG, JPEG nor PDF")
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise ValueError(f"it has more than {MOST_PIXELS // 10**6} million pixels")
            picture.draft("RGB", (SIDE, SIDE))  # of JPEG, decode no more pixels than are kept
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((SIDE, SIDE))
            return _written(upright, picture.format)
    except ValueError:
        raise
    except Exception:  # whatever a decoder says of broken data
        raise ValueError("it is damaged") from None


def clean_attachments(attachments):
    """{name: (mime type, base64)} of a cell's attachments that are pictures; the others are lost."""
    kept = {}
    if isinstance(attachments, dict):
        for name, bundle in list(attachments.items())[:MOST]:
            for content in list(bundle.values())[:3] if isinstance(bundle, dict) else ():
                try:
                    text = "".join(content) if isinstance(content, list) else content
                    kind, data = clean(base64.b64decode(text))
                except (ValueError, TypeError, binascii.Error):
                    continue
                if kind != "application/pdf":
                    kept[name] = kind, base64.b64encode(data).decode()
                    break
    return kept


def placed(source, kept, before=0):
    """A text whose pictures are named by number, after so many; their bundles; the names of those that are missing."""
    attachments, missing = {}, []

    def replace(found):
        name = found["name"] or found["tagged"]
        picture = kept.get(name) or kept.get(urllib.parse.unquote(name))
        if picture is None:
            missing.append(name)
            return f"**[The picture {words(name)!r} is missing in the file that was handed in.]**"
        own = f"picture-{before + len(attachments) + 1}.{picture[0].removeprefix('image/')}"
        attachments[own] = {picture[0]: picture[1]}
        return f"![{words(found['alt'] or 'picture')}](attachment:{own})"

    return REFERENCE.sub(replace, source), attachments, missing


def words(text):
    """Of a name that somebody else gave, what can do nothing in a page."""
    return re.sub(r"[^\w.,-]+", " ", text).strip()[:80]


def _written(picture, kind):
    out = io.BytesIO()
    if kind == "PNG":
        mode = "RGBA" if "A" in picture.getbands() or "transparency" in picture.info else "RGB"
        flat = picture.convert(mode)
        Image.frombytes(mode, flat.size, flat.tobytes()).save(out, "PNG")
        if out.tell() <= LARGEST_PNG:
            return "image/png", out.getvalue()
        white = Image.new("RGB", flat.size, "white")
        white.paste(flat, mask=flat.getchannel("A") if mode == "RGBA" else None)
        picture, out = white, io.BytesIO()
    flat = picture.convert("RGB")
    Image.frombytes("RGB", flat.size, flat.tobytes()).save(out, "JPEG", quality=80)
    return "image/jpeg", out.getvalue()
