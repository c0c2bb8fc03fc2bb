"""The way between the grader and a kernel in its sandbox: bytes, counted, and cut off beyond a limit.

The kernel is given sockets that listen already, so it needs no folder of the host to make them in. Whatever it sends
goes through here, also what the grader never reads and what is no whole message yet, so nothing can pile up in the
grader's memory.
"""

import contextlib
import os
import shutil
import socket
import tempfile
import threading
from pathlib import Path


class Relay:
    """Channels by their number: `listening`, the sockets for the kernel; `address`, where the grader's client connects.

    `ended` says why a channel was closed, or "".
    """

    def __init__(self, channels, limit):
        self.folder, self.limit, self.received, self.ended = Path(tempfile.mkdtemp(prefix="grading-")), limit, 0, ""
        self.address = str(self.folder / "grader")
        self.listening = {channel: _listen(self.folder, f"kernel-{channel}") for channel in channels}
        self._lock, self._open, self._expected = threading.Lock(), [*self.listening.values()], len(channels)
        for channel in channels:
            kernel, door = socket.socket(socket.AF_UNIX), _listen(self.folder, f"grader-{channel}")
            kernel.connect(str(self.folder / f"kernel-{channel}"))
            self._open += [kernel, door]
            _in_a_thread(self._connect, door, kernel)

    def _connect(self, door, kernel):
        """Wait for the grader's client, then carry both ways."""
        with contextlib.suppress(OSError):
            grader = door.accept()[0]
            with self._lock:
                self._open.append(grader)
                self._expected -= 1
            if not self._expected:
                self._remove_names()
            _in_a_thread(self._carry, grader, kernel, "a single output exceeds what the grader takes at once", False)
            self._carry(kernel, grader, "the code closed the way to the grader", True)

    def _carry(self, source, sink, if_source_ends, counted):
        while data := _receive(source):
            if counted and self._too_much(len(data)):
                self.ended = self.ended or f"the notebook's outputs exceed {self.limit // 2**20} MB"
            try:
                sink.sendall(data)
            except OSError:
                return  # its end is noticed where it is read
            if self.ended:
                break
        self.ended = self.ended or if_source_ends
        for end in (source, sink):
            _shut(end)

    def _too_much(self, size):
        with self._lock:
            self.received += size
        return self.received > self.limit

    def _remove_names(self):
        """Nobody else will connect, and nothing is left if the grader is killed."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def close(self):
        self.ended = self.ended or "closed"
        for end in self._open:
            _shut(end)
            end.close()
        self._remove_names()


def _listen(folder, name):
    """A listening socket that does not know where the folder is, for whom it is given to could ask."""
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(f"/proc/self/fd/{place}/{name}")
    listening.listen(1)
    os.close(place)
    return listening


def _in_a_thread(work, *arguments):
    threading.Thread(target=work, args=arguments, daemon=True).start()


def _receive(source):
    try:
        return source.recv(2**16)
    except OSError:
        return b""


def _shut(end):
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
