"""What became slower between two revisions: `python benchmarks/check.py [BASE [HEAD]]`, or `make bench-check`.

BASE is a revision of the repository (the last commit by default), HEAD another or, by default, the working tree. The
benchmarks of the working tree time the package of each, taking turns, without the alternatives. Named is what takes
more than 1.3 times as long, by the medians of all turns; the command then fails.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
LIMIT, TURNS = 1.3, 3
QUICK = ["--alone", "-q", "-p", "no:cacheprovider"]


def check_out(revision, folder):
    """The package at a revision, in a folder of its own."""
    archive = subprocess.run(["git", "-C", ROOT, "archive", revision, "lrnn_helpers"], capture_output=True)
    if archive.returncode:
        sys.exit(f"There is no package at the revision {revision!r}: {archive.stderr.decode().strip()}")
    folder.mkdir()
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
    return folder


def seconds(folder, report):
    """Times of each benchmark with the package that lies in a folder."""
    command = [sys.executable, "-m", "pytest", *QUICK, "--rootdir", ROOT, "-c", ROOT / "pyproject.toml",
               f"--benchmark-json={report}", ROOT / "benchmarks"]
    environment = {"OMP_NUM_THREADS": "1"} | os.environ
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if not report.exists():
        sys.exit(run.stdout[-2000:] + run.stderr[-2000:])
    for failed in (line for line in run.stdout.splitlines() if line.startswith("FAILED")):
        print(f"  left out in {folder.name}: {failed}")
    return {result["name"]: result["stats"]["data"] for result in json.loads(report.read_text("utf-8"))["benchmarks"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", nargs="?", default="HEAD", help="a revision (default: the last commit)")
    parser.add_argument("head", nargs="?", help="another revision (default: the working tree)")
    arguments = parser.parse_args()
    base, head = arguments.base, arguments.head
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        sides = [check_out(base, scratch / "base"), check_out(head, scratch / "head") if head else ROOT]
        times = [{}, {}]
        for turn in range(TURNS):
            print(f"Turn {turn + 1} of {TURNS}", flush=True)
            for side, (folder, known) in enumerate(zip(sides, times, strict=True)):
                for name, values in seconds(folder, scratch / f"{turn}-{side}.json").items():
                    known.setdefault(name, []).extend(values)
    before, after = ({name: np.median(values) for name, values in known.items()} for known in times)
    ratios = {name: after[name] / before[name] for name in sorted(before.keys() & after)}
    slower = {name: ratio for name, ratio in ratios.items() if ratio > LIMIT}
    for name, ratio in sorted(ratios.items(), key=lambda item: -item[1]):
        print(f"{ratio:6.2f}  {name}{'   slower' if name in slower else ''}")
    print(f"From {base} to {head or 'the working tree'} {len(slower)} of {len(ratios)} benchmarks became slower "
          f"by more than {LIMIT} times.")
    sys.exit(bool(slower))


if __name__ == "__main__":
    main()
