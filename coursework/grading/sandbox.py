"""A kernel inside bubblewrap: no network, no files but those of Python, no other processes, limits on all the rest."""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from grading import bubblewrap
from grading.bubblewrap import MB
from grading.relay import Relay

SHELL, IOPUB, STDIN, CONTROL, HEARTBEAT = range(1, 6)
REMOVE = shutil.which("rm", path=os.defpath) or "rm"  # the system's own, whatever PATH says


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Times are in seconds of wall-clock, sizes in megabytes."""

    cell: float = 30.0
    submission: float = 120.0
    memory: int = 1500
    scratch: int = 64
    output: int = 32
    processes: int = 12


class Refused(Exception):
    """Grading is refused; the message says why and what helps."""


class Stopped(Exception):
    """The sandbox was stopped; the message says why, to the student."""


class Sandbox:
    """A running kernel, and the watch over it. A context manager: at its end nothing is left."""

    code, home = bubblewrap.CODE, bubblewrap.HOME

    @staticmethod
    def check():
        """Refuse unless bubblewrap works here: run a Python in it and see that it starts."""
        if not shutil.which("bwrap"):
            raise Refused("bubblewrap is missing, so student code would run unprotected; install it (on Debian "
                          "apt-get install bubblewrap). To grade without protection, say --trust-students.")
        read = bubblewrap.system_call_filter()
        command = [*bubblewrap.command(read, Limits(), bubblewrap.user()), sys.executable, "-c", ""]
        trial = subprocess.run(command, capture_output=True, text=True, pass_fds=[read], timeout=60)
        os.close(read)
        if trial.returncode:
            raise Refused(f"bubblewrap does not work here: {trial.stderr.strip()[:300]}. Often unprivileged user "
                          "namespaces are switched off. To grade without protection, say --trust-students.")

    def __init__(self, limits):
        self.limits, self.started, self.reason = limits, time.monotonic(), ""
        self.relay = Relay((SHELL, IOPUB, CONTROL), limits.output * MB)
        self.connection = {"transport": "ipc", "ip": self.relay.address, "key": secrets.token_hex(16),
                           "signature_scheme": "hmac-sha256", "shell_port": SHELL, "iopub_port": IOPUB,
                           "stdin_port": STDIN, "control_port": CONTROL, "hb_port": HEARTBEAT}
        self.log, log = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)  # holds little, and nobody waits for it
        sockets = {channel: listening.fileno() for channel, listening in self.relay.listening.items()}
        settings = {"user": self._user(), "home": self.home, "fonts": str(bubblewrap.fonts()),
                    "limits": self._rlimits(), "sockets": sockets,
                    "connection": self.connection | {"ip": f"{self.home}/.kernel"}}
        read = bubblewrap.system_call_filter()
        self.process = subprocess.Popen(
            [*self._command(read), sys.executable, f"{self.code}/inside.py", "start", json.dumps(settings)],
            env=self._environment(), pass_fds=[read, *sockets.values()], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=log, start_new_session=True)
        for handle in (read, log):
            os.close(handle)

    def _user(self):
        return bubblewrap.user()

    def _rlimits(self):
        limits = self.limits
        return {"RLIMIT_AS": 4096 * MB, "RLIMIT_CPU": int(limits.submission) + 1, "RLIMIT_CORE": 0,
                "RLIMIT_FSIZE": limits.scratch * MB, "RLIMIT_NOFILE": 256, "RLIMIT_MEMLOCK": 0,
                "RLIMIT_NPROC": 4 * limits.processes}  # threads count as well

    def _command(self, filter_fd):
        return bubblewrap.command(filter_fd, self.limits, self._user())

    def _environment(self):
        return {"PATH": os.environ.get("PATH", os.defpath)}  # for bubblewrap, which sets the kernel's

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.relay.close()
        os.close(self.log)

    def kill(self):
        """End every process of the sandbox: with its first process the system ends all of its namespace."""
        for pid in _descendants(self.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)
        self.process.kill()
        self.process.wait()

    def stop(self, reason):
        """Kill everything and raise Stopped with the first reason there was."""
        self.reason = self.reason or reason
        self.kill()
        raise Stopped(self.reason)

    def watch(self):
        """Stop if a limit is exceeded or the kernel has ended."""
        complaint = self._complaint()
        if complaint:
            self.stop(complaint)

    def _complaint(self):
        limits, ended = self.limits, self.relay.ended
        if ended:
            time.sleep(0.3)  # a process that ends closes its sockets a moment before
        if self.process.poll() is not None:
            return "the code ended the Python process (os._exit, exit, or a crash)"
        if time.monotonic() - self.started > limits.submission:
            return f"the whole notebook ran longer than {limits.submission:g} seconds"
        processes = _descendants(self.process.pid)
        if len(processes) > limits.processes:
            return f"the code started more than {limits.processes} processes"
        if sum(map(_memory, processes)) > limits.memory * MB:
            return f"the code used more than {limits.memory} MB of memory"
        return ended

    def last_words(self):
        """What the sandbox wrote to its log, to say why no kernel came of it."""
        with contextlib.suppress(BlockingIOError):
            return os.read(self.log, 300).decode(errors="replace")
        return ""


class Unprotected(Sandbox):
    """The same kernel with all rights of this account and only some of the limits: for --trust-students."""

    code = str(Path(__file__).parent)

    @staticmethod
    def check():
        print("Student code runs UNPROTECTED, with all rights of this account, because --trust-students was given.")

    def __init__(self, limits):
        self.home = tempfile.mkdtemp(prefix="trusted-")
        super().__init__(limits)

    def _user(self):
        return None

    def _rlimits(self):
        return {name: limit for name, limit in super()._rlimits().items() if name != "RLIMIT_NPROC"}

    def _command(self, filter_fd):
        return []

    def _environment(self):
        return bubblewrap.environment(self.home, self.code)

    def __exit__(self, *error):
        super().__exit__(*error)
        subprocess.run([REMOVE, "-rf", "--", self.home], check=False)  # however deep it is


def _descendants(pid):
    """The processes below this one, as the system sees them now."""
    found, waiting = [], [pid]
    while waiting:
        parent = waiting.pop()
        try:
            for task in os.listdir(f"/proc/{parent}/task"):
                children = Path(f"/proc/{parent}/task/{task}/children").read_text().split()
                waiting += map(int, children)
                found += map(int, children)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def _memory(pid):
    """Bytes that a process holds in memory, or 0 if it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return 0
