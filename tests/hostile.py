"""What students hand in who mean harm: code for one answer, and notebooks changed in their file.

Each is the mark that it must get and a part of the sentence that its author must read, with what does it.
"""

import base64
import json

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 40).decode()

# Before a right answer to question 2: nothing is gained, nothing lost, if nobody else is hurt.
BEFORE = {
    "reserve_space": (
        10,
        "",
        """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for fd in [os.open('/tmp/large', os.O_CREAT | os.O_RDWR), 0, 1, 2, *range(3, 40)]:
    assert libc.fallocate(fd, 1, ctypes.c_long(0), ctypes.c_long(2 << 30)) != 0
""",
    ),
    "nested_folders": (
        10,
        "",
        """
import os
for place in ('/tmp', '/scratch', '/dev/shm', '/sockets'):
    try:
        os.chdir(place)
        for _ in range(1300):
            os.mkdir('d')
            os.chdir('d')
    except OSError:
        pass
os.chdir('/scratch')
""",
    ),
    "write_everywhere": (
        10,
        "",
        """
import os
for place, folders, files in os.walk('/'):
    if place.startswith(('/proc', '/tmp', '/scratch', '/dev/shm', '/usr/lib', '/usr/share')):
        folders.clear()
        continue
    try:
        open(os.path.join(place, 'spoilt'), 'wb').write(b'spoilt')
    except OSError:
        continue
    raise RuntimeError('wrote in ' + place)
""",
    ),
    "families": (
        10,
        "",
        """
import socket
for family in set(range(1, 46)) - {1, 2, 10, 16}:
    try:
        socket.socket(family, socket.SOCK_DGRAM)
    except OSError as error:
        assert error.errno in (97, 93, 94), (family, error)
    else:
        raise RuntimeError(f'a socket of family {family}')
""",
    ),
    "busy": (
        10,
        "",
        """
import os, time
for _ in range(8):
    if not os.fork():
        end = time.time() + 8
        while time.time() < end:
            pass
        os._exit(0)
""",
    ),
    "many_small": (10, "", "for _ in range(1000):\n    display({}, raw=True)"),
    "pictures": (
        10,
        "",
        f"""
from IPython.display import HTML, SVG, Javascript, Latex, display
for shown in (HTML('<script>evil()</script>'), Javascript('evil()'), Latex(r'$\\href{{javascript:evil()}}{{x}}$'),
              SVG('<svg xmlns="http://www.w3.org/2000/svg" onload="evil()"><script>evil()</script></svg>')):
    display(shown)
for data in ('{PNG}" onerror="evil()', '{PNG}\\n<script>evil()</script>', 'PHNjcmlwdD4='):
    display({{'image/png': data, 'image/jpeg': data, 'text/html': data, 'text/plain': data}}, raw=True)
print('\\x1b]8;;javascript:evil()\\x07press here\\x1b]8;;\\x07 <script>evil()</script>')
""",
    ),
    "own_text": (10, "", "print('\\ud800'.encode('utf-8', 'surrogatepass'), '\\x00', '\\u202egnp.exe')"),
    "forged_parent": (
        10,
        "",
        """
session, iopub = get_ipython().kernel.session, get_ipython().kernel.iopub_socket
for parent in ([], [1], 'x', 5, None, {'msg_id': []}, {'msg_id': {}}):
    for content in ({}, [], 'x', {'execution_state': []}, {'data': 5}, {'traceback': 5, 'ename': []}, {'text': {}}):
        for kind in ('stream', 'status', 'error', 'display_data', 'execute_result'):
            message = session.msg(kind, content)
            message['parent_header'] = parent
            try:
                session.send(iopub, message)
            except Exception:
                pass
own = get_ipython().kernel.get_parent()
for content in ({'traceback': 5}, {'traceback': {}}, {'data': 7}, {'data': {'text/plain': []}}, {'text': [[]]}):
    for kind in ('stream', 'display_data', 'execute_result'):
        session.send(iopub, session.msg(kind, content, parent=own))
""",
    ),
    "malformed_message": (
        10,
        "",
        """
import json
session, iopub = get_ipython().kernel.session, get_ipython().kernel.iopub_socket
for parts in ([b'x'], [b''] * 9, [b'<IDS|MSG>'], [b'<IDS|MSG>', b'0' * 64, b'{', b'{', b'{', b'{'],
              [b'<IDS|MSG>', session.sign([b'[' * 10**6] * 4), *[b'[' * 10**6] * 4]):
    iopub.send_multipart(parts)
""",
    ),
}

# In the place of an answer.
CODE = {
    "message_without_end": (
        "q2",
        0,
        "outputs exceed 32 MB",
        """
import os, socket, struct
def autocovariance(*_):
    part = b'\\x03' + struct.pack('>Q', 4 << 20) + bytes(4 << 20)
    for fd in range(3, 60):
        try:
            end = socket.socket(fileno=os.dup(fd))
            end.getpeername()
        except OSError:
            continue
        end.setblocking(True)
        for _ in range(2000):
            end.sendall(part)
""",
    ),
    "large_result": (
        "q3",
        5,
        "numbers along one axis",
        """
calls = 0
def realize(M, n):
    global calls
    calls += 1
    if calls > 3:
        return np.ones((1, 8000)), np.ones((1, 1)), np.ones((2000, 1))
    return right(M, n)
""",
    ),
    "empty_result": (
        "q3",
        5,
        "",
        """
calls = 0
def realize(M, n):
    global calls
    calls += 1
    return (np.ones((0, 20_000_000)), np.ones((0, 0)), np.ones((20_000_000, 0))) if calls > 3 else right(M, n)
""",
    ),
    "shared_memory": (
        "q2",
        0,
        "of memory",
        """
import mmap
hoard = [mmap.mmap(-1, 2**28) for _ in range(8)]
for shared in hoard:
    shared[::4096] = b'x' * (len(shared) // 4096)
""",
    ),
    "patched": (
        "q2",
        0,
        "",
        """
import builtins, protocol
exercises.verdict = lambda *_, **__: (True, '')
np.allclose = np.testing.assert_allclose = lambda *_, **__: True
builtins.AssertionError = Warning
protocol.encode = lambda *_: True
def autocovariance(*_):
    return float('nan')
""",
    ),
    "forged_result": (
        "q2",
        5,
        "",
        """
def autocovariance(*_):
    from IPython.display import display
    for answer in ({'value': {'numbers': [1] * 4000, 'shape': [10**400], 'complex': False, 'plain': None}},
                   {'value': {'items': None, 'tuple': 1}}, {'error': [], 'message': {}}, {'value': 'x' * 10**6},
                   {'error': 'A\\x00B', 'message': 'x'}, {'value': {'pairs': [[{'items': [], 'tuple': False}, 1]]}}):
        display({'application/x-grading+json': answer}, raw=True)
    raise SystemExit
""",
    ),
    "early_idle": (
        "q2",
        range(6),
        "",
        """
import threading, time
def lie(kernel=get_ipython().kernel):
    while True:
        parent = kernel.get_parent()
        answer = {'application/x-grading+json': {'value': True}}
        kernel.session.send(kernel.iopub_socket, 'display_data', {'data': answer, 'metadata': {}}, parent=parent)
        kernel.session.send(kernel.iopub_socket, 'status', {'execution_state': 'idle'}, parent=parent)
        time.sleep(0.01)
def autocovariance(*_):
    threading.Thread(target=lie, daemon=True).start()
    time.sleep(1)
    raise ValueError
""",
    ),
    "pickled": (
        "q2",
        5,
        "",
        """
class Evil:
    def __reduce__(self):
        return eval, ('__import__("os")._exit(1)',)
    def __array__(self, *_, **__):
        return np.array([self], dtype=object)
def autocovariance(*_):
    return np.array([Evil(), Evil()], dtype=object)
""",
    ),
    "stopped_process": (
        "q2",
        0,
        "could not be interrupted",
        """
import os, signal
def autocovariance(*_):
    os.kill(os.getpid(), signal.SIGSTOP)
""",
    ),
    "closed_sockets": (
        "q2",
        0,
        "ended the Python process",
        """
import os
def autocovariance(*_):
    os.closerange(3, 256)
    while True:
        pass
""",
    ),
    "replaced_kernel": (
        "q2",
        0,
        "the code closed the way to the grader",
        """
import os, sys
def autocovariance(*_):
    os.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(60)'])
""",
    ),
    "terminal": (
        "q2",
        5,
        "forged row",
        """
def autocovariance(*_):
    raise ValueError('\\x1b]0;owned\\x07\\x1b[1A\\x1b[2Kada 10 / 10\\r\\n forged row\\x9b2J'
                     '\\u202e\\x1b]52;c;b3du\\x07\\x08')
""",
    ),
}

TEXTS = r"""
A derivation.

<script>evil()</script> <img src=x onerror=evil()> <svg onload=evil()> [a](javascript:evil())
[b](java&#115;cript:evil())
[c](data:text/html;base64,PHNjcmlwdD5ldmlsKCk8L3NjcmlwdD4=)
![d](http://192.0.2.1/x.png) <a href="javascript:evil()">e</a>
<form action=http://192.0.2.1><button>f</button></form> <iframe src=http://192.0.2.1></iframe> <base href=http://192.0.2.1>
<meta http-equiv=refresh content="0;url=http://192.0.2.1"> <link rel=stylesheet href=http://192.0.2.1/x.css>
<style>@import url(http://192.0.2.1/x.css)</style> [g](//192.0.2.1/x) [h](/api/kernels) $\href{javascript:evil()}{x}$

# q2-test
"""


def answer(notebook, name):
    return next(cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == name)


def retyped(notebook, kind):
    """The derivation as another kind of cell, and full of what a browser would run."""
    answer(notebook, "q1-answer").update(cell_type=kind, source=TEXTS)
    return notebook


def own_cells(notebook):
    """Dangerous texts wherever a notebook has room for them."""
    lure = '"><script>evil()</script><img src=x onerror=evil()>'
    notebook["metadata"] |= {
        "title": lure,
        "kernelspec": {"name": lure, "display_name": lure, "language": lure},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {lure: lure}}},
        "language_info": {"name": lure, "pygments_lexer": lure},
    }
    for kind in ("markdown", "raw", "code"):
        notebook["cells"].append(
            {
                "cell_type": kind,
                "id": lure,
                "source": TEXTS,
                "execution_count": lure,
                "attachments": {lure: {"image/svg+xml": "PHN2Zz4="}},
                "metadata": {"tags": [lure], "raw_mimetype": "text/html", "name": lure, "nbgrader": {"grade_id": lure}},
                "outputs": [{"output_type": "display_data", "data": {"text/html": lure}, "metadata": {}}],
            }
        )
    return notebook


def altered(notebook):
    """Points, checksums and order changed, a test of the student's own, a number that JSON does not have."""
    for cell in notebook["cells"]:
        cell["metadata"].get("nbgrader", {}).update(points=1000, checksum="0", locked=False)
    notebook["cells"].reverse()
    test = {
        "cell_type": "code",
        "source": "pass",
        "outputs": [],
        "execution_count": None,
        "metadata": {
            "nbgrader": {"grade": True, "grade_id": "free", "points": 500, "solution": False, "schema_version": 3}
        },
    }
    notebook["cells"].append(test)
    notebook["metadata"]["number"] = float("nan")
    return notebook


def crowded(notebook):
    notebook["cells"] += [{"cell_type": "code", "metadata": {}, "source": "1", "outputs": []}] * 400
    return notebook


def unusual(notebook):
    """A lone surrogate, a NUL, a mark that turns the direction of reading, metadata 300 levels deep."""
    deep = {}
    for _ in range(300):
        deep = {"deep": deep}
    notebook["metadata"]["deep"] = deep
    answer(notebook, "q1-answer")["source"] += " \ud800 \x00 \u202e txt"
    return notebook


def long_number(notebook):
    return json.dumps(notebook).replace('"nbformat_minor": 5', '"nbformat_minor": 5, "number": ' + "9" * 5000)
