"""What stands between a submission and the machine, part by part; the class as a whole has a test of its own."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.conftest import ROOT, missing
from tests.test_coursework import COURSEWORK, answered, grading, grading_steps, hand_in, need_tools, python, summary

sys.path.insert(0, str(ROOT / "coursework"))
from grading import kernel  # noqa: E402
from grading.harmless import is_picture, plain  # noqa: E402
from grading.protocol import TooLarge, decode, encode  # noqa: E402
from grading.relay import Relay  # noqa: E402

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4), max_leaves=12)
FIELDS = ("text", "data", "traceback", "ename", "evalue", "metadata", "execution_state")


def connected(limit):
    """A relay with one channel, its end for the kernel and its end for the grader."""
    relay = Relay((7,), limit)
    grader = socket.socket(socket.AF_UNIX)
    grader.connect(f"{relay.address}-7")
    kernel_end = relay.listening[7].accept()[0]
    for end in (grader, kernel_end):
        end.settimeout(10)
    return relay, kernel_end, grader


def wait_for(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_relay_carries_both_ways_and_leaves_no_name():
    relay, inner, grader = connected(1000)
    grader.sendall(b"question")
    assert inner.recv(100) == b"question"
    inner.sendall(b"answer")
    assert grader.recv(100) == b"answer"
    wait_for(lambda: not relay.folder.exists())
    assert str(relay.folder) not in relay.listening[7].getsockname()
    relay.close()
    assert grader.recv(100) == b""
    for end in (inner, grader):
        end.close()


def drain(end):
    """Read all that comes until one of the two ends is closed."""
    with contextlib.suppress(OSError):
        while end.recv(2**16):
            pass


@pytest.mark.parametrize("reader", [True, False])
def test_relay_cuts_off_what_is_too_much_and_keeps_nothing_that_nobody_reads(reader):
    relay, inner, grader = connected(2**20)
    if reader:
        threading.Thread(target=drain, args=[grader], daemon=True).start()
    else:
        inner.settimeout(1)
    with pytest.raises(OSError):
        for _ in range(1000):
            inner.sendall(bytes(2**16))
    assert relay.ended == ("the notebook's outputs exceed 1 MB" if reader else "")
    assert relay.received < 2**20 + 2**17
    relay.close()
    for end in (inner, grader):
        end.close()


@pytest.mark.parametrize(("who", "reason"), [(0, "the code closed the way"), (1, "a single output exceeds")])
def test_relay_says_who_hung_up(who, reason):
    relay, *ends = connected(1000)
    ends[who].close()
    wait_for(lambda: relay.ended)
    assert relay.ended.startswith(reason)
    relay.close()
    ends[1 - who].close()


@given(st.text() | st.text("\x1b\x9b\x9d]0;[2JmK\x07\\ab\r\n\u202e"))
def test_plain_text_is_one_line_of_visible_characters(text):
    shown = plain(text)
    assert all(unicodedata.category(c)[0] != "C" for c in shown) and "\n" not in shown
    assert plain(shown) == shown


def test_plain_text_keeps_words_and_loses_commands():
    assert plain("\x1b]0;title\x07\x1b[1A\x1b[2Kada 10\r\n and \x1b[31mmore\x1b[0m \u202e ü") == "ada 10 and more ü"


@pytest.mark.parametrize("data", ['x" onerror="evil()', "PHN2Zz4=", "", 5, None, "iVBORw0KGgo=\n<script>"])
def test_what_is_no_picture_is_refused(data):
    assert not is_picture("image/png", data)
    assert not is_picture("image/svg+xml", data)


@given(st.sampled_from(["stream", "display_data", "execute_result", "error", "status", "?"]),
       st.dictionaries(st.sampled_from(FIELDS), JSON | st.dictionaries(st.sampled_from(["text/plain", "image/png",
                                                                                       kernel.RESULT]), JSON)))
def test_no_message_of_a_kernel_breaks_the_grader(kind, content):
    outputs = []
    kernel._append(outputs, kind, content)
    for output in outputs:
        assert output["output_type"] in ("stream", "display_data", "error")
        assert all(isinstance(value, str) for name, value in output.get("data", {}).items() if name != kernel.RESULT)
        assert all(isinstance(line, str) for line in output.get("traceback", []))


@given(arrays.arrays(float, arrays.array_shapes(max_dims=3, min_side=0, max_side=6)), st.integers(1, 6))
def test_a_result_comes_back_unless_an_axis_is_too_long(value, largest):
    if max(value.shape) <= largest:
        np.testing.assert_array_equal(decode(encode(value), largest=largest), value)
    else:
        with pytest.raises(TooLarge, match=f"more than {largest}"):
            decode(encode([value]), largest=max(largest, 1))


@given(JSON)
def test_a_forged_result_is_a_value_or_an_error_of_value(data):
    try:
        decode(data, largest=20)
    except (ValueError, TypeError, KeyError, OverflowError):
        return
    assert data is None or isinstance(data, (bool, str, dict))


def test_results_may_be_as_large_as_what_was_asked_for():
    code, output = python("-c", """
import numpy as np
from grading.checks import largest_axis
for arguments in ((np.ones((3, 40)), 2), (1, 500), ([np.ones(70), [1.0]], "x", None), (), (10**9,)):
    print(largest_axis(arguments))
""")
    assert (code, output.split()) == (0, ["80", "1000", "140", "32", "10000"])


def test_the_process_that_grades_cannot_grow_without_end():
    code, output = python("-c", """
from grading import crowd
crowd._limit_memory()
try:
    bytearray((crowd.ROOM + 100) * 2**20)
except MemoryError:
    print("refused")
bytearray(300 * 2**20)
""")
    assert (code, output.strip()) == (0, "refused")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """One honest submission, one that would write where it can, one that waits; collected."""
    need_tools()
    course, box = tmp_path_factory.mktemp("course"), tmp_path_factory.mktemp("box")
    grading(course, "release", "foundations")
    hand_in(box, "honest", "foundations", answered(course, "foundations"))
    hand_in(box, "greedy", "foundations", answered(course, "foundations", {"q2": """
import os
for place in ('/tmp', '/scratch', '/dev/shm'):
    os.chdir(place)
    try:
        for _ in range(1200):
            os.mkdir('d')
            os.chdir('d')
        open('file', 'wb').write(bytes(10**9))
    except OSError:
        pass
os.chdir('/scratch')
"""}))
    hand_in(box, "sleeper", "foundations", answered(course, "foundations", {"q2": "import time\ntime.sleep(600)"}))
    grading_steps(course, ["collect", "foundations", box])
    return course


def test_a_grader_that_is_killed_leaves_nothing(course, tmp_path):
    process = subprocess.Popen([COURSEWORK / ".venv/bin/python", "-m", "grading", "--course", course, "autograde",
                                "foundations", "--student", "sleeper"], cwd=COURSEWORK, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True,
                               env=os.environ | {"TMPDIR": str(tmp_path)})
    wait_for(lambda: any(b"/grading/inside.py\0kernel" in line for line in commands_of(process.pid)))
    time.sleep(5)
    below = session_of(process.pid)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    wait_for(lambda: not [pid for pid in below if Path(f"/proc/{pid}").exists()])
    assert os.listdir(tmp_path) == []


def session_of(pid):
    """A process and all below it."""
    found = [pid]
    for parent in found:
        children = Path(f"/proc/{parent}/task/{parent}/children")
        found += map(int, children.read_text().split() if children.exists() else [])
    return found


def commands_of(pid):
    return [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in session_of(pid) if Path(f"/proc/{pid}").exists()]


@pytest.fixture
def open_folder():
    """A folder that other users can reach, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        yield Path(place)


def test_an_ordinary_user_grades_as_root_does(course, open_folder):
    """The other way into the sandbox: by a user namespace, without any right of the system's administrator."""
    if os.geteuid() != 0:
        missing("the right to become another user", "run this test as root; everything else ran as an ordinary user")
    own = open_folder / "course"
    shutil.copytree(course, own)
    shutil.rmtree(own / "submitted/sleeper")
    os.mkdir(own / "temporary")
    subprocess.run(["chown", "-R", "1234:1234", own], check=True)
    command = ["unshare", "--mount", "sh", "-ec", AS_ORDINARY_USER, "sh", sys.base_prefix, own]
    done = subprocess.run(command, cwd=COURSEWORK, text=True, capture_output=True, timeout=900)
    assert done.returncode == 0, done.stderr
    assert os.listdir(own / "temporary") == []
    rows = summary(own, "foundations")
    assert rows["honest"] == (10, "\n")
    assert rows["greedy"][0] == 5
    assert json.loads((own / "results/foundations/greedy.json").read_text())["peak"] < 400


# Python may lie in root's home: show only that, under the same name, in a file system of this process alone.
AS_ORDINARY_USER = """
kept=$(mktemp -d)
mount --bind "$1" "$kept"
for above in /root /home; do
    case "$1" in $above/*) mount -t tmpfs -o mode=755 none $above; mkdir -p "$1"; mount --bind "$kept" "$1";; esac
done
umount "$kept"; rmdir "$kept"
exec setpriv --reuid 1234 --regid 1234 --clear-groups env HOME="$2" TMPDIR="$2/temporary" \
    .venv/bin/python -m grading --course "$2" autograde foundations --jobs 2 --student honest --student greedy
"""
