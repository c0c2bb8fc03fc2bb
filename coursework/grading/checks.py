"""Grading one submission: the notebook runs in the sandbox, hidden checks run here.

The text of a hidden check never enters the sandbox. In it the names of the student's functions stand for calls that
go into the sandbox and come back as numbers; what is right is worked out and compared on this side.
"""

import ast
import contextlib
import io
import time

import numpy as np

from grading.harmless import plain
from grading.kernel import Kernel
from grading.protocol import TooLarge
from grading.sandbox import Sandbox, Stopped
from grading.submissions import identity, is_answer, is_test

SMALLEST_BOUND, LARGEST_BOUND = 16, 10_000
BEGIN, END = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"


def grade(notebook, source, limits, protection=Sandbox):
    """Run a rebuilt notebook against its source, which has the hidden checks, in a sandbox of the given class.

    Returns a dict: outputs, a list for each cell; failures, {name of test: why}; stopped, why the sandbox was stopped
    or ""; seconds.
    """
    start = time.monotonic()
    hidden = {identity(cell): split(cell["source"])[1] for cell in source["cells"] if is_test(cell)}
    outputs, failures, stopped, before = [[] for _ in notebook["cells"]], {}, "", ""
    with protection(limits) as sandbox, contextlib.closing(Kernel(sandbox)) as kernel:
        names = _namespace(source, kernel)
        for cell, shown in zip(notebook["cells"], outputs):
            if cell["cell_type"] != "code":
                continue
            check = hidden.get(identity(cell), "") if is_test(cell) else None
            if stopped:
                shown += [_not_run(stopped)] if is_test(cell) else []
            else:
                stopped = _run(cell, check, names, kernel, shown)
            if is_test(cell):
                failures |= {identity(cell): _why(shown) + before} if _failed(shown) or _partial(shown) else {}
                before = ""
            elif _failed(shown):
                before = f" (the cell before it stopped with {_why(shown)})"
    return {"outputs": outputs, "failures": failures, "stopped": plain(stopped), "seconds": time.monotonic() - start}


def _run(cell, check, names, kernel, shown):
    """Run a cell and, if it is a test, its hidden check. Its outputs are added to `shown`.

    A visible test that an answer fails costs all points, unless the hidden check gives it a part of them. Returns why
    the sandbox had to be stopped, or "".
    """
    try:
        shown += kernel.run(cell["source"])
        if check is not None and {error["ename"] for error in _errors(shown)} <= {"AssertionError"}:
            found = _check(check, names)
            kernel.sandbox.watch()
            if _partial(found):
                shown[:] = [output for output in shown if output not in _errors(shown)]
            if not _errors(shown) or _partial(found) or _wrong(found):
                shown += found
    except Stopped as reason:
        # a test that had passed when its sandbox was stopped has not passed
        shown += [failure("Stopped", f"Grading stopped here: {reason}.")]
        return str(reason)
    return ""


def split(source):
    """The visible and the hidden lines of a test cell."""
    visible, hidden, inside = [], [], False
    for line in source.split("\n"):
        if line.strip() in (BEGIN, END):
            inside = line.strip() == BEGIN
        else:
            (hidden if inside else visible).append(line)
    return "\n".join(visible), "\n".join(hidden)


def _namespace(source, kernel):
    """What hidden checks see: the problem set's own imports and functions, and the student's at arm's length."""
    names = {}
    for cell in source["cells"]:
        if cell["cell_type"] != "code" or is_test(cell):
            continue
        nodes = ast.parse(cell["source"]).body
        if is_answer(cell):
            names |= {node.name: _at_arms_length(kernel, node.name) for node in nodes
                      if isinstance(node, ast.FunctionDef)}
        else:
            given = [node for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef))]
            exec(compile(ast.Module(given, []), "given cells", "exec"), names)
    return names


def _at_arms_length(kernel, name):
    """The student's function for a hidden check; a result larger than anything that was asked for never gets there."""
    def function(*arguments):
        return kernel.call(name, arguments, largest=largest_axis(arguments))
    return function


def largest_axis(arguments):
    """How long an axis of a result may be: twice the longest axis or the largest whole number among the arguments."""
    return min(2 * max(SMALLEST_BOUND, *_sizes(arguments)), LARGEST_BOUND)


def _sizes(value):
    if isinstance(value, (list, tuple)):
        return [len(value), *(size for item in value for size in _sizes(item))]
    return [int(value)] if isinstance(value, (int, np.integer)) else np.shape(value)


def _check(hidden, names):
    """Run a hidden check on this side: no output, or one error whose only text is the sentence for the student.

    If the value of its last line is a number, that is the output, after what it printed: nbgrader takes it for the
    points, as in any notebook. Nothing from a sandbox is ever taken so, for `kernel` gives it another type of output.
    """
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            value = _value(hidden, dict(names))
        points = None if value is None else float(value)
    except (AssertionError, TooLarge) as error:
        return [failure("Wrong", str(error)[:1000] or "a further check failed")]
    except Stopped:
        raise
    except Exception as error:
        return [failure("CheckFailed", f"a further check could not be carried out ({type(error).__name__})")]
    said = printed.getvalue().strip()[:1000] or "partly right"
    return [] if points is None else [
        {"output_type": "display_data", "metadata": {}, "data": {"text/plain": said}},
        {"output_type": "execute_result", "metadata": {}, "data": {"text/plain": f"{points:g}"},
         "execution_count": None}]


def _value(code, names):
    """Run code; the value of its last line if that is an expression, else None."""
    lines = ast.parse(code).body
    last = lines.pop() if lines and isinstance(lines[-1], ast.Expr) else ast.Expr(ast.Constant(None))
    exec(compile(ast.Module(lines, []), "hidden check", "exec"), names)
    return eval(compile(ast.fix_missing_locations(ast.Expression(last.value)), "hidden check", "eval"), names)


def failure(name, sentence):
    return {"output_type": "error", "ename": name, "evalue": sentence, "traceback": [sentence]}


def _not_run(reason):
    return failure("NotRun", f"Not run, because grading had to stop earlier: {reason}.")


def _errors(outputs):
    return [output for output in outputs if output["output_type"] == "error"]


def _failed(outputs):
    return bool(_errors(outputs))


def _wrong(outputs):
    return any(error["ename"] == "Wrong" for error in _errors(outputs))


def _partial(outputs):
    """Whether a hidden check gave part of the points; all of them are given by saying nothing."""
    return any(output["output_type"] == "execute_result" for output in outputs)


def _why(outputs):
    """What is wrong with a cell as one sentence: its last error, or why it earns only a part."""
    if _partial(outputs):
        return plain(outputs[-2]["data"]["text/plain"])[:500]
    error = _errors(outputs)[-1]
    named = error["ename"] not in ("AssertionError", "Wrong", "Stopped", "NotRun")
    sentence = f"{error['ename']}: {error['evalue']}" if named else error["evalue"] or "a check failed"
    return plain(sentence).removesuffix(":")[:500]
