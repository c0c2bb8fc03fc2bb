"""The book in the reader's browser: Python itself, compiled for browsers, served from the book's own address.

    pins       what is taken from package registries, each file by its hash
    fetch      these files, verified, in a cache that outlives builds
    runtime    the folder that a page loads Python from, with a wheel of this very checkout
    slices     which cells a cell needs
    proof      that a slider's slice draws the picture that the page shows
    pages      the built pages, with what makes them live
    lab        JupyterLite beside them, with plain copies of chapters and problem sets
    build      all of it: `python -m book.live.build`

Nothing here is loaded before a reader asks, and a plain build of the book knows nothing of it.
"""
