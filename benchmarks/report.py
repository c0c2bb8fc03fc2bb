"""Gather runs of the benchmarks into book/speed.json, which the page on speed shows.

`python benchmarks/report.py bench-1.json bench-2.json`: one run for each number of threads.
"""

import json
import sys
from pathlib import Path

import numpy as np

TARGET = Path(__file__).resolve().parents[1] / "book" / "speed.json"


def summary(values):
    """Median and quartiles, to four digits."""
    return [float(f"{value:.4g}") for value in np.quantile(values, (0.5, 0.25, 0.75))]


def entry(result, threads):
    """One benchmark: what was run, seconds of both routes, their ratio turn by turn, and bytes at the peak."""
    about, ours = dict(result["extra_info"]), np.array(result["stats"]["data"])
    theirs = np.array(about.pop("alternative", []))
    row = about | {"threads": threads, "rounds": len(ours), "ours": summary(ours)}
    if theirs.size:
        scale = np.divide(*about.pop("updates", [1, 1]))  # the alternative made fewer updates
        row |= {"theirs": summary(theirs * scale), "ratio": summary(theirs * scale / ours)}
    return row


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    runs = [json.loads(Path(name).read_text("utf-8")) for name in sys.argv[1:]]
    machine = {key: value for key, value in runs[0]["machine_info"].items() if key != "threads"}
    rows = [entry(result, run["machine_info"]["threads"]) for run in runs for result in run["benchmarks"]]
    lines = ",\n".join("  " + json.dumps(row) for row in rows)
    TARGET.write_text(f'{{"machine": {json.dumps(machine)},\n "runs": [\n{lines}\n]}}\n', "utf-8")
    print(f"{len(rows)} measurements are in book/speed.json.")


if __name__ == "__main__":
    main()
