"""Talking to a kernel that may lie: every wait has an end, every message a limit, and nothing is believed but text."""

import json
import time

import numpy as np
import zmq
from jupyter_client import BlockingKernelClient

from grading.bubblewrap import MB
from grading.harmless import is_picture
from grading.inside import RESULT
from grading.protocol import decode, encode

LARGEST_MESSAGE = 8 * MB
LONGEST_TEXT = 20_000
"""Characters of text that are kept from one cell."""
LONGEST_START = 60
"""Seconds that a kernel may take to start."""


class StudentError(Exception):
    """A student's function raised something; `checks` gives each a class of the right name."""


class Kernel:
    """A client of the kernel in a sandbox."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        context = zmq.Context()
        # defaults of the sockets to come: bounded messages, a bounded queue, no second connection, time to start
        context.maxmsgsize, context.rcvhwm, context.reconnect_ivl = LARGEST_MESSAGE, 200, -1
        context.handshake_ivl = 1000 * LONGEST_START
        self.client = BlockingKernelClient(context=context)
        self.client.load_connection_info(sandbox.connection)
        self.client.start_channels(hb=False, stdin=False)
        self._wait_for_output()

    def close(self):
        self.client.stop_channels()
        self.client.context.destroy(linger=0)

    def _wait_for_output(self):
        """A start and a subscription take a moment; ask until the kernel's answer is heard."""
        end = time.monotonic() + LONGEST_START
        while self.sandbox.process.poll() is None and time.monotonic() < end:
            self.client.kernel_info()
            if self.client.iopub_channel.socket.poll(200):
                return
        raise RuntimeError(f"the kernel did not start: {self.sandbox.last_words()!r}")

    def run(self, code, seconds=None):
        """Run code and return its outputs, notebook-like. Stopped if the sandbox had to be stopped."""
        seconds = seconds or self.sandbox.limits.cell
        request = self.client.execute(code, allow_stdin=False, stop_on_error=False)
        end, outputs, interrupted, look = time.monotonic() + seconds, [], False, 0
        while True:
            kind, content = self._receive(request)
            if not kind or time.monotonic() > look:  # a look takes longer than a message
                self.sandbox.watch()
                look = time.monotonic() + 0.1
            if kind:
                if kind == "status" and content.get("execution_state") == "idle":
                    return [*outputs, _error("Timeout", f"stopped after {seconds:g} seconds")] if interrupted \
                        else outputs
                _append(outputs, kind, content)
            if time.monotonic() > end and not interrupted:
                interrupted, end = True, time.monotonic() + 2
                self.client.control_channel.send(self.client.session.msg("interrupt_request", {}))
            elif time.monotonic() > end:
                self.sandbox.stop(f"the code ran longer than {seconds:g} seconds and could not be interrupted")

    def call(self, name, arguments, largest):
        """The result of the student's function, which may overwrite arrays among the arguments, as any function can.

        An exception named as the student's if it raised one.
        """
        code = f"__import__('inside').call({name!r}, {json.dumps(encode(tuple(arguments)))!r})"
        for output in self.run(code):
            answer = output.get("data", {}).get(RESULT)
            if isinstance(answer, dict) and "value" in answer:
                _overwrite(arguments, answer.get("arguments"), largest)
                return decode(answer["value"], largest=largest)
            if isinstance(answer, dict) and "error" in answer:
                raise _students_own(answer["error"], answer.get("message", ""))
            if output["output_type"] == "error":
                raise _students_own(output["ename"], output["evalue"])
        raise StudentError("the function gave no result")

    def _receive(self, request):
        """Type and content of the next message if it answers this request; else, or after a moment, ("", {})."""
        socket, session = self.client.iopub_channel.socket, self.client.session
        if not socket.poll(100):
            return "", {}
        frames = socket.recv_multipart()
        try:
            message = session.deserialize(session.feed_identities(frames)[1])
            kind, content, parent = message["msg_type"], message["content"], message["parent_header"]
            ours = isinstance(kind, str) and isinstance(content, dict) and parent["msg_id"] == request
        except Exception:  # a message that is not one: whatever it breaks, it is the student's own output
            return "", {}
        return (kind, content) if ours else ("", {})


def _overwrite(arguments, after, largest):
    """What the student's function made of its arguments, if it made anything of them, is done to ours."""
    for own, now in zip(arguments, decode(after, largest=largest) or ()):
        if isinstance(own, np.ndarray) and np.shape(now) == own.shape:
            own[...] = now


def _students_own(name, message):
    """An exception whose class is called as the student's was."""
    name = "".join(c for c in str(name) if c.isidentifier())[:60] or "Exception"
    return type(name, (StudentError,), {})(str(message)[:300])


def _error(name, message, traceback=()):
    return {"output_type": "error", "ename": name, "evalue": message,
            "traceback": [f"{name}: {message}", *traceback]}


def _append(outputs, kind, content):
    """Keep what is text or a picture; forget HTML and scripts. Any field may be missing or of any type."""
    kept = sum(len(output.get("text", "")) for output in outputs)
    if kind == "stream":
        text = str(content.get("text", ""))[:max(0, LONGEST_TEXT - kept)]
        if outputs and outputs[-1]["output_type"] == "stream":
            outputs[-1]["text"] += text
        elif text:
            outputs.append({"output_type": "stream", "name": "stdout", "text": text})
        if kept < LONGEST_TEXT <= kept + len(text):
            outputs[-1]["text"] += "\n(the rest of this output was cut)\n"
    elif kind in ("display_data", "execute_result"):
        data = content.get("data")
        if isinstance(data, dict) and len(outputs) < 50:
            safe = {name: value for name, value in data.items() if name == RESULT or _harmless(name, value)}
            outputs.append({"output_type": "display_data", "metadata": {}, "data": safe})
    elif kind == "error" and len(outputs) < 50:
        lines = content.get("traceback")
        lines = [str(line)[:2000] for line in lines[-40:]] if isinstance(lines, list) else []
        name, message = str(content.get("ename", "Error"))[:100], str(content.get("evalue", ""))[:1000]
        outputs.append({"output_type": "error", "ename": name, "evalue": message, "traceback": lines or [message]})


def _harmless(name, value):
    return isinstance(value, str) and (len(value) <= LONGEST_TEXT if name == "text/plain" else is_picture(name, value))
