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

import lrnn_helpers
from grading import seccomp

HERE = Path(__file__).parent
HOME, SOCKETS = "/scratch", "/sockets"
MB = 2**20


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Times are in seconds of wall-clock, sizes in megabytes."""

    cell: float = 30.0
    submission: float = 120.0
    memory: int = 1500
    scratch: int = 64
    text: int = 12
    output: int = 32
    processes: int = 12


class Refused(Exception):
    """Grading is refused; the message says why and what helps."""


class Stopped(Exception):
    """The sandbox was stopped; the message says why, to the student."""


def check():
    """Refuse unless bubblewrap works here: run a Python in it and see that it starts."""
    if not shutil.which("bwrap"):
        raise Refused("bubblewrap is missing, so student code would run unprotected; install it (on Debian "
                      "apt-get install bubblewrap). To grade without protection, say --trust-students.")
    read = _filter()
    trial = subprocess.run([*_command(None, read, Limits(), _user()), sys.executable, "-c", ""], capture_output=True,
                           text=True, pass_fds=[read], timeout=60)
    os.close(read)
    if trial.returncode:
        raise Refused(f"bubblewrap does not work here: {trial.stderr.strip()[:300]}. Often unprivileged user "
                      "namespaces are switched off. To grade without protection, say --trust-students.")


class Sandbox:
    """A running kernel, and the watch over it. A context manager: at its end nothing is left."""

    def __init__(self, limits, trusted=False):
        self.limits, self.started, self.reason = limits, time.monotonic(), ""
        user = None if trusted else _user()
        self.folder = Path(tempfile.mkdtemp(prefix="grading-"))  # only the kernel's sockets, and who talks to it
        self.scratch = Path(tempfile.mkdtemp(prefix="scratch-", dir=self.folder)) if trusted else None
        self.connection = {"transport": "ipc", "ip": str(self.folder / "k"), "key": secrets.token_hex(16),
                           "signature_scheme": "hmac-sha256", "shell_port": 1, "iopub_port": 2, "stdin_port": 3,
                           "control_port": 4, "hb_port": 5}
        sockets = str(self.folder) if trusted else SOCKETS
        connection_file = self.folder / "connection.json"
        connection_file.write_text(json.dumps(self.connection | {"ip": f"{sockets}/k"}))
        settings = {"user": user, "home": str(self.scratch or HOME), "fonts": str(_fonts()), "limits": {
            "RLIMIT_AS": 4096 * MB, "RLIMIT_CPU": int(limits.submission) + 1, "RLIMIT_FSIZE": limits.scratch * MB,
            "RLIMIT_NOFILE": 256, "RLIMIT_CORE": 0, "RLIMIT_MEMLOCK": 0}}
        if not trusted:
            settings["limits"]["RLIMIT_NPROC"] = 4 * limits.processes  # threads count as well
        if user is not None:
            os.chown(self.folder, user, user)
            os.chown(connection_file, user, user)
        python = [sys.executable, str(HERE / "inside.py") if trusted else "/grading/inside.py",
                  f"{sockets}/connection.json", json.dumps(settings)]
        read = _filter()
        command = python if trusted else [*_command(self.folder, read, limits, user), *python]
        environment = _environment(settings["home"]) if trusted else {"PATH": os.environ.get("PATH", os.defpath)}
        self.log = tempfile.TemporaryFile()  # noqa: SIM115, closed at the end
        self.process = subprocess.Popen(command, env=environment, pass_fds=[read], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=self.log,
                                        start_new_session=True)
        os.close(read)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.log.close()

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
        limits = self.limits
        if self.process.poll() is not None:
            return "the code ended the Python process (os._exit, exit, or a crash)"
        if time.monotonic() - self.started > limits.submission:
            return f"the whole notebook ran longer than {limits.submission:g} seconds"
        processes = _descendants(self.process.pid)
        if len(processes) > limits.processes:
            return f"the code started more than {limits.processes} processes"
        if sum(map(_memory, processes)) > limits.memory * MB:
            return f"the code used more than {limits.memory} MB of memory"
        if self.scratch is None and len(os.listdir(self.folder)) > 6:
            return "the code wrote files where only the grader's sockets belong"
        return ""

    def wait_until_ready(self, seconds=60):
        """Return when the kernel listens. RuntimeError if it does not, which is the grader's fault."""
        end = time.monotonic() + seconds
        while not all((self.folder / f"k-{port}").exists() for port in range(1, 6)):
            if self.process.poll() is not None or time.monotonic() > end:
                self.log.seek(0)
                raise RuntimeError(f"the kernel did not start: {self.log.read(300)!r}")
            time.sleep(0.02)


def _user():
    """Under root: a user of no rights, different for each grading process. Else None, for bubblewrap does it."""
    return 61184 + os.getpid() % 4336 if os.geteuid() == 0 else None


def _fonts():
    """matplotlib's list of fonts, made once in the grader's environment."""
    return Path(sys.prefix) / "fonts"


def _environment(home):
    return {"HOME": home, "TMPDIR": home, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "USER": "student",
            "LOGNAME": "student", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
            "MPLCONFIGDIR": f"{home}/.matplotlib", "IPYTHONDIR": f"{home}/.ipython", "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(HERE) if home != HOME else "/grading", "LRNN_EXPLORE": "still", "TQDM_DISABLE": "1"}


def _command(folder, filter_fd, limits, user):
    """The bubblewrap command, up to what it shall run. Each path is bound where it is, so that Python finds itself."""
    read_only = {"/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/alternatives", sys.prefix,
                 sys.base_prefix, str(Path(lrnn_helpers.__file__).parent)}
    command = ["bwrap", "--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
               "--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv"]
    if user is None:
        command += ["--unshare-user", "--uid", "61184", "--gid", "61184"]
    else:  # to become that user, then nothing
        command += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    for name, value in _environment(HOME).items():
        command += ["--setenv", name, value]
    scratch = ["--size", str(limits.scratch * MB // 2), "--perms", "1777", "--tmpfs"]
    command += [*scratch, "/tmp", *scratch, HOME]
    parents = {str(parent) for path in [*read_only, "/grading/inside.py"] for parent in Path(path).parents}
    for parent in sorted(parents - {"/", "/tmp", *read_only}):
        if not any(Path(parent).is_relative_to(bound) for bound in read_only):
            command += ["--perms", "0755", "--dir", parent]
    for path in sorted(read_only):
        command += ["--symlink", os.readlink(path), path] if os.path.islink(path) and path.count("/") == 1 else \
            ["--ro-bind-try", path, path]
    for name in ("inside.py", "protocol.py"):
        command += ["--ro-bind", str(HERE / name), f"/grading/{name}"]
    command += ["--proc", "/proc", "--dev", "/dev", "--size", str(MB), "--perms", "1777", "--tmpfs", "/dev/shm",
                "--remount-ro", "/dev"]
    if folder:
        command += ["--bind", str(folder), SOCKETS]
    if seccomp.program():
        command += ["--seccomp", str(filter_fd)]
    return [*command, "--remount-ro", "/", "--chdir", "/", "--"]


def _filter():
    """The filter of system calls, to be read from a file descriptor."""
    read, write = os.pipe()
    os.write(write, seccomp.program())
    os.close(write)
    return read


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
