"""What each command does. All print what happened to whom, and end with 0 unless nothing could be done."""

import csv
import os
import time

from grading import collecting, exports, gradebook, insight, sandbox, settings, similarity, starting, steps, variants
from grading.attempts import write
from grading.course import SETS
from grading.harmless import plain

NOT_RUN = {"remarks": [], "stopped": "not run", "failures": {}, "seconds": 0.0}


def begin(course, options):
    files = starting.lay_out(course.root, options.weeks, starting.read_date(options.start))
    print(f"Your course is in {course.root}: {', '.join(path.name for path in files)}. Begin with README.md.")
    return 0


def release(course, options):
    for name in options.sets:
        print(f"Students' version: {course.release(name)}")
        own = course.path("handout", name)
        if own.exists():
            print(f"With numbers of their own for each of the roster: {own}")
    return 0


def collect(course, options):
    when = settings.read_time(options.time, course.settings.zone) if options.time else None
    collected, left_out = collecting.collect(course, options.set, options.folder, SETS, when, options.times)
    remarks, failed = steps.settle_all(course, options.set, collected)
    for student, lines in collected.items():
        said = dict.fromkeys(lines + remarks.get(student, []))
        print(f"  {student:24} " + (plain(" ".join(said)) or "taken"))
    _name(failed)
    for line in left_out:
        print(f"  {plain(line)}")
    print(f"Collected {len(collected)} submissions of {options.set}; {len(course.students(options.set))} students have "
          "handed in by now.")
    _say_missing(course, options.set)
    return 0


def autograde(course, options):
    """Run what is new, enter it, and say how everybody did."""
    name, students = options.set, _students(course, options)
    protection = sandbox.Unprotected if options.trust_students else sandbox.Sandbox
    protection.check()
    limits = sandbox.Limits(cell=options.cell_seconds, submission=options.seconds, memory=options.memory)
    start = time.monotonic()
    count, failed = steps.run(course, name, limits, options.jobs, protection, students, bool(options.student))
    elapsed = time.monotonic() - start
    settled, unsettled = steps.settle_all(course, name, students)
    failed |= unsettled | steps.enter_all(course, name, sorted(settled))
    _table(course, name)
    _name(failed)
    if count < len(students):
        print(f"{len(students) - count} submissions had not changed and were not run again.")
    print(f"{count} submissions in {elapsed:.0f} s, {options.jobs} at once: {elapsed / max(1, count):.1f} s a "
          f"submission. The grader held at most {_peak(course, name):.0f} MB for one.")
    print(f"Written to {course.path(f'summary-{name}.csv')}. Derivations and figures wait for a human: make -C "
          "coursework formgrader.")
    return 0


def regrade(course, options):
    """After a change of the problem set: release it again, run again what it concerns, and say whose mark changed."""
    name = options.set
    _students(course, options)
    before = gradebook.marks(course, name)
    course.release(name)
    code = autograde(course, options)
    changes = list(exports.changes(before, gradebook.marks(course, name)))
    print(f"\nMarks that changed: {len(changes)} of {len(before)}.")
    for line in changes:
        print(f"  {line}")
    return code


def feedback(course, options):
    _students(course, options)
    written, failed = steps.write_pages(course, options.set, options.jobs)
    others = len(course.students(options.set)) - written - len(failed)
    print(f"Wrote {written} pages; {others} needed no new one. They are in {course.path('feedback')}.")
    _name(failed)
    return 0


def export(course, options):
    for path in exports.write_all(course, [name for name in SETS if course.path("release", name).exists()],
                                  options.to or course.path("marks.csv")):
        print(f"Marks: {path}")
    return 0


def statistics_page(course, options):
    _students(course, options)
    path = course.path(f"statistics-{options.set}.html")
    path.write_text(insight.page(course, options.set), "utf-8")
    print(f"Statistics: {path}")
    return 0


def similar(course, options):
    _students(course, options)
    path = course.path(f"similarity-{options.set}.csv")
    pairs = similarity.report(course, options.set)
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["one", "other", "code alike", "text alike"], *pairs])
    for one, other, code, text in pairs[:20]:
        print(f"  {one:24} {other:24} code {code:4.0%}  text {text:4.0%}")
    print(f"{len(pairs)} pairs, the most alike first: {path}. Likeness proves nothing; read both.")
    return 0


def solutions(course, options):
    """Write the model solution for everybody whose deadline has passed."""
    name, now, open_still = options.set, settings.now(), []
    for student in sorted(gradebook.marks(course, name)):
        due = course.settings.due(name, student)
        if not options.now and (due is None or now <= due):
            open_still.append(student)
            continue
        path = course.path("solutions", student, f"{name}.ipynb")
        write(path, variants.solved(course.source(name, student)))
    print(f"Solutions are in {course.path('solutions')}.")
    if open_still:
        print(f"Not for {len(open_still)} whose deadline has not passed or who have none, among them {open_still[0]}; "
              "--now (NOW=yes) writes all.")
    return 0


def formgrader(course, options):
    """Open nbgrader's pages for grading by hand. Student code is shown there, not run."""
    from grading import marking
    os.chdir(course.root)
    marking.serve(course.root, options.ip, options.port, not options.no_browser)
    return 0


def _students(course, options):
    """The students that a command is about. One helpful sentence if there are none."""
    everyone, asked = course.students(options.set), getattr(options, "student", None)
    course.notebook("release", options.set)
    if not everyone:
        raise RuntimeError(f"nothing has been collected for {options.set} yet: make -C coursework collect "
                           f"SET={options.set} FROM=folder or archive")
    if unknown := set(asked or ()) - set(everyone):
        raise RuntimeError(f"{sorted(unknown)[0]!r} has handed in nothing for {options.set}; there are "
                           f"{', '.join(everyone[:10])}{' ...' if len(everyone) > 10 else ''}")
    return sorted(set(asked or everyone))


def _table(course, name):
    """Print everybody's checks, and write summary-<set>.csv."""
    marks, rows = gradebook.marks(course, name), []
    print(f"{'student':24} {'checks':>8}  seconds  what went wrong")
    for student in course.students(name):
        result, mark = course.result(name, student) or NOT_RUN, marks[student]
        late = [f"Late by {settings.spoken(mark.late)}."] if mark.late else []
        reasons = late + result["remarks"] + ([f"stopped: {result['stopped']}"] if result["stopped"] else [
            f"{test}: {why}" for test, why in result["failures"].items()])
        print(f"{student:24} {mark.checks:3g} / {mark.most_by_checks:<3g} {result['seconds']:7.1f}  " +
              "\n".ljust(46).join(map(plain, reasons)))
        rows += [[student, mark.checks, mark.most_by_checks, "no" if mark.status == "marked" else "yes",
                  f"{result['seconds']:.1f}", reason] for reason in reasons or [""]]
    exports.write_csv(course.path(f"summary-{name}.csv"),
                      ["student", "checks", "of", "waits for a human", "seconds", "remark or failed check"], rows)


def _peak(course, name):
    """Megabytes that grading one submission took at most, outside its sandbox."""
    return max(((course.result(name, student) or {}).get("peak", 0) for student in course.students(name)), default=0)


def _name(failed):
    for student, reason in sorted(failed.items()):
        print(f"  {student:24} FAILED, the others did not: {plain(reason)}")


def _say_missing(course, name):
    missing = sorted(set(course.roster.people) - set(course.students(name)))
    if missing:
        print(f"Of the roster {len(missing)} have not handed in: {', '.join(missing[:20])}"
              f"{' ...' if len(missing) > 20 else ''}")


