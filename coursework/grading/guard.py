"""Work on bytes that somebody else wrote, in a child process of limited memory and time."""

import contextlib
import gc
import json
import multiprocessing
import os
import resource

from grading.inbox import Unusable

MEMORY, SECONDS, LARGEST_ANSWER = 1200 * 2**20, 60, 2**28


def guarded(function, *arguments, memory=MEMORY, seconds=SECONDS):
    """What the function returns, which must fit into JSON. Unusable if it says so, or needs more than it may."""
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe(duplex=False)
    child = fork.Process(target=_inside, args=(theirs, function, arguments, memory, seconds))
    child.start()
    theirs.close()
    answer = None
    with contextlib.suppress(EOFError, OSError, ValueError), ours:
        if ours.poll(seconds):
            answer = json.loads(ours.recv_bytes(LARGEST_ANSWER))
    child.kill()
    child.join()
    if answer is None:
        raise Unusable("reading the file took more memory or time than is allowed")
    if "unusable" in answer:
        raise Unusable(answer["unusable"])
    return answer["value"]


def _inside(pipe, function, arguments, memory, seconds):
    gc.disable()  # of what is parsed nothing is garbage, and looking for it takes longer than parsing
    with open("/proc/self/statm") as file:
        already = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (already + memory,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds,) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        answer = {"value": function(*arguments)}
    except Unusable as reason:
        answer = {"unusable": str(reason)}
    except (MemoryError, RecursionError):
        os._exit(1)
    except Exception as error:  # a defect of ours, but it must not stop the class
        answer = {"unusable": f"the file could not be read ({type(error).__name__})"}
    pipe.send_bytes(json.dumps(answer).encode("utf-8", "replace"))
    os._exit(0)
