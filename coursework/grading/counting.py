"""Which attempt of each student counts, and bringing it, run and rebuilt, to where nbgrader works on it."""

import shutil

from nbformat import from_dict
from nbgrader.utils import determine_grade

from grading import attempts
from grading.recovery import is_test


def to_run(course, name, students, again=False):
    """The keys of the attempts that may count and have no result that still holds."""
    keys = [attempt.key for student in students
            for attempt in attempts.candidates(course.attempts(name, student), course.settings.attempts)]
    return keys if again else [key for key in keys if not _holds(course, name, key)]


def _holds(course, name, key):
    result = course.result(name, key)
    if result is None or result["stopped"].startswith(("the grader failed", "the grading process")):
        return False
    return result["made_from"] == course.made_from(name, key)


def settle(course, name, student):
    """Put the attempt that counts into submitted/ and its result into results/. Returns the attempt and its remarks."""
    tried = course.attempts(name, student)
    attempt = _counting(course, name, tried)
    notebook, remarks = course.rebuilt(name, attempt)
    remarks += [f"A file handed in on {course.settings.local(later.time)} could not be read: {later.about['problem']}."
                for later in tried if later.about["problem"] and later.time > attempt.time and attempt.notebook]
    _submit(course.path("submitted", student, name), name, attempt, notebook)
    result, path = course.result(name, attempt.key), course.path("results", name, f"{student}.json")
    path.unlink(missing_ok=True)
    if result:
        attempts.write(path, result | {"remarks": remarks, "time": [_on_time(course, name, attempt, tried)]})
    return attempt, remarks


def _counting(course, name, tried):
    """The one of a student's attempts that counts. The best is that with most points by checks, less for lateness."""
    able = attempts.candidates(tried, course.settings.attempts)
    return max(reversed(able), key=lambda attempt: _worth(course, name, attempt)) if \
        all(course.result(name, attempt.key) for attempt in able) else able[-1]


def _worth(course, name, attempt):
    late = course.settings.late_by(name, attempt.student, attempt.time)
    cells, outputs = course.submission(name, attempt.key)["cells"], course.result(name, attempt.key)["outputs"]
    scores = [determine_grade(from_dict({**cell, "outputs": out}))[0] or 0
              for cell, out in zip(cells, outputs) if is_test(cell)]
    return sum(scores) * (1 - course.settings.share_lost(late)), -attempt.time.timestamp()


def _submit(folder, name, attempt, notebook):
    shutil.rmtree(folder, ignore_errors=True)
    attempts.write(folder / f"{name}.ipynb", notebook)
    (folder / "timestamp.txt").write_text(f"{attempt.time:%Y-%m-%d %H:%M:%S} UTC")
    for scan in attempt.about["scans"]:
        if scan["type"] == "application/pdf":
            shutil.copyfile(attempt.folder / scan["file"], folder / scan["file"])


def _on_time(course, name, attempt, tried):
    sentence = course.settings.says(name, attempt.student, attempt.time)
    if len(tried) > 1:
        number = tried.index(attempt) + 1
        sentence += f" This is attempt {number} of {len(tried)}; the {course.settings.attempts} counts."
    return sentence
