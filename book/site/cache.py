"""Executed notebooks, kept in the cache from which the book builder takes them.

The builder finds an entry by the code of a notebook. What else its results depend on is kept beside it as a
fingerprint: an entry whose fingerprint differs counts as missing.
"""

from contextlib import contextmanager

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn

from book.site.chapters import address
from book.site.fingerprints import fingerprint
from book.site.settings import BUILD, CACHE


@contextmanager
def opened(folder=CACHE):
    """The cache, its database closed in the end."""
    cache = get_cache(str(folder))
    try:
        yield cache
    finally:
        cache.db.dispose()


def record_of(cache, notebook):
    """What the cache has for the code of a notebook, or None."""
    try:
        return cache.match_cache_notebook(notebook)
    except KeyError:
        return None


def holds(cache, path):
    """Whether the results of the notebook at a path are known and still hold."""
    notebook = nbformat.read(path, as_version=4)
    record = record_of(cache, notebook)
    return record is not None and record.data.get("fingerprint") == fingerprint(path, notebook)


def keep(cache, path, notebook, seconds):
    """Keep an executed notebook; if it shows anything new, its page will be written anew."""
    record = record_of(cache, notebook)
    known = record and outputs(cache.get_cache_bundle(record.pk).nb)
    data = {"execution_seconds": seconds, "fingerprint": fingerprint(path, notebook)}
    cache.cache_notebook_bundle(CacheBundleIn(notebook, str(path), data=data), check_validity=False, overwrite=True)
    if outputs(notebook) != known:
        (BUILD / ".doctrees" / address(path)).with_suffix(".doctree").unlink(missing_ok=True)


def outputs(notebook):
    return [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
