"""How bubblewrap is called: what of this machine exists for the kernel in it, and under which user it runs."""

import os
import sys
from pathlib import Path

import lrnn_helpers
from grading import seccomp

HERE = Path(__file__).parent
HOME, CODE = "/scratch", "/grading"
MB = 2**20


def user():
    """Under root: a user of no rights, different for each grading process. Else None, for bubblewrap does it."""
    return 61184 + os.getpid() % 4336 if os.geteuid() == 0 else None


def fonts():
    """matplotlib's list of fonts, made once in the grader's environment."""
    return Path(sys.prefix) / "fonts"


def environment(home, code):
    return {"HOME": home, "TMPDIR": home, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "USER": "student",
            "LOGNAME": "student", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
            "MPLCONFIGDIR": f"{home}/.matplotlib", "IPYTHONDIR": f"{home}/.ipython", "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": code, "LRNN_EXPLORE": "still", "TQDM_DISABLE": "1"}


def command(filter_fd, limits, user):
    """The bubblewrap command, up to what it shall run. Each path is bound where it is, so that Python finds itself."""
    read_only = {"/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/alternatives", sys.prefix,
                 sys.base_prefix, str(Path(lrnn_helpers.__file__).parent)}
    line = ["bwrap", "--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
            "--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv"]
    if user is None:
        line += ["--unshare-user", "--uid", "61184", "--gid", "61184"]
    else:  # to become that user, then nothing
        line += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    for name, value in environment(HOME, CODE).items():
        line += ["--setenv", name, value]
    scratch = ["--size", str(limits.scratch * MB // 2), "--perms", "1777", "--tmpfs"]
    line += [*scratch, "/tmp", *scratch, HOME]
    parents = {str(parent) for path in [*read_only, f"{CODE}/inside.py"] for parent in Path(path).parents}
    for parent in sorted(parents - {"/", "/tmp", *read_only}):
        if not any(Path(parent).is_relative_to(bound) for bound in read_only):
            line += ["--perms", "0755", "--dir", parent]
    for path in sorted(read_only):
        line += ["--symlink", os.readlink(path), path] if os.path.islink(path) and path.count("/") == 1 else \
            ["--ro-bind-try", path, path]
    for name in ("inside.py", "protocol.py"):
        line += ["--ro-bind", str(HERE / name), f"{CODE}/{name}"]
    line += ["--proc", "/proc", "--dev", "/dev", "--size", str(MB), "--perms", "1777", "--tmpfs", "/dev/shm",
             "--remount-ro", "/dev"]
    if seccomp.program():
        line += ["--seccomp", str(filter_fd)]
    return [*line, "--remount-ro", "/", "--chdir", "/", "--"]


def system_call_filter():
    """The filter of system calls, to be read from a file descriptor."""
    read, write = os.pipe()
    os.write(write, seccomp.program())
    os.close(write)
    return read
