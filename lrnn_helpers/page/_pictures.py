"""A picture and its caption as outputs of a notebook."""

import binascii
import re


class Picture:
    """A finished figure as a notebook output: a sharp image, and its description as the text beside it."""

    def __init__(self, image, alt, width, height):
        self.image, self.alt, self.width, self.height = image, alt, width, height

    def __repr__(self):
        return self.alt

    def _repr_mimebundle_(self, include=None, exclude=None):
        # As text: not every kernel encodes bytes by itself.
        image = binascii.b2a_base64(self.image, newline=False).decode()
        return ({"image/png": image, "text/plain": self.alt},
                {"image/png": {"width": self.width, "height": self.height}, "needs_background": "light"})


class Caption:
    """The line under a figure: Markdown in a notebook; the book numbers it and sets it with the figure."""

    def __init__(self, caption, name):
        self.caption, self.name = caption, name

    def __repr__(self):
        return self.caption

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/markdown": self.caption, "text/plain": self.caption}, {"caption": self.name}


def captioned(caption, name):
    """What follows a figure in a notebook: at most one caption, which has a name by which texts refer to the figure."""
    if caption is None and name is None:
        return []
    if caption is None or name is None:
        raise ValueError(f"caption and name must be given together, but {caption!r} and {name!r} were given")
    if not isinstance(name, str) or not re.fullmatch(r"fig(-[a-z0-9]+)+", name):
        raise ValueError(f"name must read like 'fig-escape-time', but {name!r} was given")
    if not isinstance(caption, str) or len(caption.split()) < 4:
        raise ValueError(f"caption must say in a sentence what the figure means, but {caption!r} was given")
    return [Caption(" ".join(caption.split()), name)]
