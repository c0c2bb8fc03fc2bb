"""How pairs are timed: the book's code and an alternative take turns, so that a busy moment strikes both.

Beside what pytest-benchmark records of the book's code, `extra_info` holds the times of the alternative and, if asked,
the memory that each needs at its peak. With --alone only the book's code is timed and PyTorch is not needed.
"""

import ctypes
import gc
import os
import platform
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest


def pytest_addoption(parser):
    parser.addoption("--alone", action="store_true", help="time the book's code without the alternatives")


@pytest.fixture
def alternatives(request):
    """The module of that name, or None with --alone."""
    if request.config.getoption("--alone"):
        return None
    import alternatives
    return alternatives


@pytest.fixture
def pair(benchmark, request):
    """Function that times `ours` and `theirs` in turns, and compares what they return.

    Of n rounds, each times both once. The results must agree to `rtol`, relative to the largest entry; None if they are
    of different kinds.
    """
    def compare(ours, theirs=None, *, rounds=15, rtol=1e-8, memory=False, **about):
        turns = []

        def other():
            if theirs is not None:
                start = perf_counter()
                theirs()
                turns.append(perf_counter() - start)

        if theirs is not None and rtol is not None:
            for mine, yours in zip(_arrays(ours()), _arrays(theirs()), strict=True):
                assert np.max(np.abs(mine - yours)) <= rtol * np.max(np.abs(yours))
        benchmark.pedantic(ours, setup=other, rounds=rounds, warmup_rounds=1)
        benchmark.extra_info |= about
        if theirs is not None:
            benchmark.extra_info["alternative"] = turns[-rounds:]
        if memory and not request.config.getoption("--alone"):
            benchmark.extra_info["memory"] = [peak_memory(route) for route in (ours, theirs) if route is not None]

    return compare


def _arrays(result):
    return [result] if isinstance(result, np.ndarray) else list(result)


def peak_memory(function):
    """Bytes by which the resident memory rises at most while the function runs; Linux tells, elsewhere None."""
    status = Path("/proc/self/status")
    if platform.system() != "Linux":
        return None
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak of the past

    def read(name):
        return next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if line.startswith(name))

    before = read("VmRSS:")
    function()
    return max(read("VmHWM:") - before, 4096)


def pytest_benchmark_update_machine_info(config, machine_info):
    """What a reader wants to know of the machine, and nothing that names it."""
    import scipy
    versions = {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__}
    if not config.getoption("--alone"):
        import torch
        versions["torch"] = torch.__version__.partition("+")[0]
    models = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = [int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")]
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    machine_info.clear()
    machine_info.update(processor=models[0] if models else platform.processor() or platform.machine(),
                        cores=_cores(), gigabytes=round(memory[0] / 2**20) if memory else None,
                        system=platform.system(), blas=f"{blas['name']} {blas['version']}", versions=versions,
                        threads=int(os.environ.get("OMP_NUM_THREADS", _cores())))


def _cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _lines(path):
    return Path(path).read_text().splitlines() if Path(path).exists() else []
