"""What runs inside the sandbox: the start of the kernel, and the call of one function of a student.

Nothing here is trusted after student code has run; all that it could spoil is the student's own result.
"""

import json
import os
import resource
import shutil
import sys

RESULT = "application/x-grading+json"
"""The type of output in which `call` hands over its result."""


def start(settings):
    """Give up privileges, set limits and become a kernel. Runs before any student code."""
    for name, limit in settings["limits"].items():
        resource.setrlimit(getattr(resource, name), (limit, limit))
    os.umask(0o077)
    if settings["user"] is not None:
        os.setgroups([])
        os.setresgid(*[settings["user"]] * 3)
        os.setresuid(*[settings["user"]] * 3)
    if os.path.isdir(settings["fonts"]):  # a list of fonts, so that matplotlib need not search the system for each
        shutil.copytree(settings["fonts"], os.path.join(settings["home"], ".matplotlib"), dirs_exist_ok=True,
                        copy_function=shutil.copyfile)
    os.chdir(settings["home"])
    os.execv(sys.executable, [sys.executable, __file__, "kernel", json.dumps(settings)])


def be_kernel(settings):
    """A kernel on the sockets that listen already; its others, which nobody uses, lie in its home."""
    import zmq
    from ipykernel.kernelapp import IPKernelApp

    class Kernel(IPKernelApp):
        def _try_bind_socket(self, s, port):
            if str(port) in settings["sockets"]:
                s.setsockopt(zmq.USE_FD, settings["sockets"][str(port)])
            return super()._try_bind_socket(s, port)

    connection = os.path.join(settings["home"], ".connection.json")
    with open(connection, "w") as file:
        json.dump(settings["connection"], file)
    Kernel.launch_instance(["-f", connection, "--HistoryManager.enabled=False", "--matplotlib=inline"])


def call(name, arguments):
    """Call the student's function of this name and display its result, or its error, as JSON.

    If it has overwritten its arguments, what became of them is displayed as well.
    """
    from IPython import get_ipython
    from IPython.display import display
    from protocol import decode, encode

    try:
        function = get_ipython().user_ns.get(name)
        if not callable(function):
            raise NameError(f"there is no function {name}")
        given = decode(json.loads(arguments))
        before = json.dumps(encode(given))
        answer = {"value": encode(function(*given))}
        if json.dumps(encode(given)) != before:
            answer["arguments"] = encode(given)
        json.dumps(answer)
    except BaseException as error:  # SystemExit and KeyboardInterrupt as well
        answer = {"error": type(error).__name__, "message": str(error)[:300]}
    display({RESULT: answer}, raw=True)


if __name__ == "__main__":
    {"start": start, "kernel": be_kernel}[sys.argv[1]](json.loads(sys.argv[2]))
