"""A new course: its rules with deadlines, its roster, its schedule and a page of commands, in a folder of its own."""

import json
from datetime import date, timedelta
from pathlib import Path

from grading import people, settings

COURSEWORK = Path(__file__).parent.parent
BOOK = COURSEWORK.parent / "book"
EXAMPLE = COURSEWORK / "course.example.toml"

PLANS = {
    4: [("foundations/linear_rnn foundations/gradient_flow", ""),
        ("task_dynamics/teacher_student task_dynamics/learning_order", "foundations"),
        ("integration/integrators", ""),
        ("initialization/low_rank_changes", "integration")],
    8: [("foundations/linear_rnn", ""),
        ("foundations/gradient_flow foundations/deep_linear", "foundations"),
        ("task_dynamics/teacher_student task_dynamics/learning_order", ""),
        ("task_dynamics/phase_transitions", "task_dynamics"),
        ("integration/integrators", ""),
        ("integration/oscillators", "integration"),
        ("initialization/low_rank_changes initialization/linear_theory", ""),
        ("feature_learning/ntk", "initialization")],
    12: [("foundations/linear_rnn foundations/gradient_flow", ""),
         ("foundations/deep_linear task_dynamics/teacher_student", "foundations"),
         ("task_dynamics/learning_order task_dynamics/stability_extrapolation", ""),
         ("task_dynamics/phase_transitions task_dynamics/rotations", "task_dynamics"),
         ("task_dynamics/sensory_integration integration/integrators", ""),
         ("integration/fixed_readout integration/oscillators", "integration"),
         ("integration/lazy_integration initialization/low_rank_changes", ""),
         ("initialization/linear_theory initialization/random_connectivity", "initialization"),
         ("initialization/beyond_vanilla feature_learning/ntk", ""),
         ("feature_learning/recurrence_is_rich feature_learning/three_lenses", "feature_learning"),
         ("beyond/state_space beyond/optimizers", ""),
         ("beyond/local_rules", "synthesis")]}
"""For each number of weeks and each of these what is read, and the problem set that is due on its Sunday."""

IGNORE = """\
# Rules and schedule may be shared. People, their work and their marks stay here.
*
!.gitignore
!README.md
!course.toml
!schedule.md
"""

README = """\
# {name}

{weeks} weeks from {start:%d %B %Y}. The rules are in `course.toml`, the people in `roster.csv`, what is read and handed
in when in `schedule.md`. The book's page for instructors explains each step; in the book's folder:

```sh
make -C coursework release COURSE={folder} SET={first}
make -C coursework collect COURSE={folder} SET={first} FROM=archive.zip
make -C coursework autograde COURSE={folder} SET={first}
make -C coursework formgrader COURSE={folder}
make -C coursework feedback COURSE={folder} SET={first}
make -C coursework export COURSE={folder}
```

Next: write the people into `roster.csv`, one in a line, and look through `course.toml`: the time zone, what lateness
costs, the deadlines.
"""


def lay_out(folder, weeks, start):
    """Write what an instructor begins with into a new folder; returns its files.

    weeks: 4, 8 or 12. start: a date in the first week. ValueError if the folder holds anything, or there is no plan.
    """
    folder = Path(folder)
    if folder.exists() and any(folder.iterdir()):
        raise ValueError(f"{folder} is there already and is not empty; choose another NAME")
    if weeks not in PLANS:
        raise ValueError(f"WEEKS={weeks}, but there is a schedule for {', '.join(map(str, PLANS))} weeks only")
    monday, first = start - timedelta(days=start.weekday()), next(name for _, name in PLANS[weeks] if name)
    files = {".gitignore": IGNORE, settings.FILE: rules(weeks, monday), people.FILE: f"{people.HEAD}\n",
             "schedule.md": schedule(weeks, monday),
             "README.md": README.format(name=folder.name, weeks=weeks, start=monday, folder=folder, first=first)}
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return [folder / name for name in files]


def due(week, monday):
    """The Sunday of a week, counted from 0."""
    return monday + timedelta(weeks=week, days=6)


def rules(weeks, monday):
    """The text of course.toml: the example with the deadlines of the schedule."""
    head, _, rest = EXAMPLE.read_text("utf-8").partition("[deadlines]")
    extensions = rest[rest.index("# [extensions"):]
    times = "".join(f"{name} = {due(week, monday)}T23:59:00\n" for week, (_, name) in enumerate(PLANS[weeks]) if name)
    return head.replace(" Copy this file to course/course.toml and change", " Change") + (
        f"[deadlines]                   # a set that is not named has none\n{times}\n{extensions}")


def schedule(weeks, monday):
    """The schedule as a table in Markdown."""
    rows = [f"| {week + 1} | {monday + timedelta(weeks=week):%d %b} | {'<br>'.join(map(title, read.split()))} | "
            + (f"`{name}`, by {due(week, monday):%d %b}, 23:59" if name else "") + " |"
            for week, (read, name) in enumerate(PLANS[weeks])]
    head = [f"# Schedule: {weeks} weeks", "", "| week | from | read | hand in |", "|---|---|---|---|"]
    return "\n".join([*head, *rows, ""])


def title(chapter):
    """What a chapter is called."""
    first = "".join(json.loads((BOOK / f"{chapter}.ipynb").read_text("utf-8"))["cells"][0]["source"])
    return first.partition("\n")[0].removeprefix("# ")


def read_date(text):
    """The day that a person wrote; today's if nothing."""
    try:
        return date.fromisoformat(text) if text else date.today()
    except ValueError:
        raise ValueError(f"START={text}, but should be a day such as 2027-01-11") from None
