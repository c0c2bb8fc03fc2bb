"""Serve the built book on this machine only: `python -m book.site.serve [--port 8000] [--pages _build/live]`."""

import argparse
import functools
import gzip
import io
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from book.site.settings import HTML

TEXT = (".html", ".css", ".js", ".json", ".svg", ".ipynb", ".xml")


@functools.lru_cache(maxsize=256)
def compressed(path, _changed):
    return gzip.compress(Path(path).read_bytes(), 6)


class QuietHandler(SimpleHTTPRequestHandler):
    """Text is sent compressed to browsers that take it so."""

    def log_message(self, *_):
        pass

    def send_head(self):
        path = Path(self.translate_path(self.path))
        if path.suffix not in TEXT or not path.is_file() or "gzip" not in self.headers.get("Accept-Encoding", ""):
            return super().send_head()
        text = compressed(path, path.stat().st_mtime_ns)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Last-Modified", self.date_time_string(path.stat().st_mtime))
        self.end_headers()
        return io.BytesIO(text)


def server(port=0, pages=HTML):
    """A server of the built pages on 127.0.0.1; port 0 takes a free one."""
    return ThreadingHTTPServer(("127.0.0.1", port), functools.partial(QuietHandler, directory=str(pages)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--pages", type=Path, default=HTML, help="folder of the built book, or of the live site")
    port, folder = (arguments := parser.parse_args()).port, arguments.pages
    if not (folder / "index.html").is_file():
        target = "live" if folder.name == "live" else "book"
        sys.exit(f"There is no built book in {folder} yet. Build it with   make {target}")
    try:
        pages = server(port, folder)
    except OSError as error:
        sys.exit(f"Port {port} cannot be used ({error.strerror}). Try another:   make read PORT={port + 1}")
    except OverflowError:
        sys.exit(f"Port {port} does not exist. Choose one from 1024 to 65535.")
    with pages:
        print(f"The book is at http://127.0.0.1:{port}/ until you press Ctrl-C.", flush=True)
        try:
            pages.serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
