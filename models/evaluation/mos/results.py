"""What raters answered: JSON files, JSON lines, or the endpoint's SQLite file."""

import dataclasses
import json
import os
import sqlite3

from . import schema
from .study import PAGE, read_json

SQLITE_MAGIC = b"SQLite format 3\0"


class ResultError(ValueError):
    """A file that holds no results."""


@dataclasses.dataclass(frozen=True)
class Rater:
    name: str
    values: dict  # item -> answer
    seconds: dict  # item -> seconds
    swapped: dict  # item -> whether b was shown first
    pixel_ratio: float


def read_files(paths):
    """(place, result) of every result in files and folders, as they stand there."""
    for path in paths:
        if os.path.isdir(path):
            inside = sorted(name for name in os.listdir(path) if name.endswith((".json", ".jsonl", ".sqlite")))
            yield from read_files(os.path.join(path, name) for name in inside)
            continue
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError as error:
            raise ResultError(f"{path}: {error.strerror}") from error
        texts = rows_of_sqlite(path) if data.startswith(SQLITE_MAGIC) else texts_of(path, data)
        for number, text in enumerate(texts, 1):
            place = path if len(texts) == 1 else f"{path}:{number}"
            try:
                yield place, json.loads(text)
            except ValueError as error:
                raise ResultError(f"{place}: no JSON: {error}") from error


def texts_of(path, data):
    """The texts of a file: a JSON file is one text, JSON lines are many.

    Strings in them may hold what str.splitlines() takes for an end of line.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ResultError(f"{path}: neither JSON nor SQLite") from error
    lines = [line for line in text.split("\n") if line.strip()]
    return (
        lines
        if len(lines) > 1 and all(line.lstrip().startswith("{") and line.rstrip().endswith("}") for line in lines)
        else [text]
    )


def rows_of_sqlite(path):
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            return [row[0] for row in connection.execute("SELECT result FROM results ORDER BY received, id")]
    except sqlite3.Error as error:
        raise ResultError(f"{path}: {error}") from error


def usable(places, plan):
    """Raters with a finished result of this plan, and why others are left out.

    Of two results of one name the first counts.
    """
    shape = read_json(os.path.join(PAGE, "result.schema.json"))
    results, left_out = {}, []
    for place, result in places:
        problem = problem_of(shape, plan, result)
        if problem:
            left_out.append(printable(f"{place}: {problem}"))
        elif result["id"] not in results or len(results[result["id"]]["answers"]) < len(result["answers"]):
            results[result["id"]] = result
    raters = {}
    for result in sorted(results.values(), key=lambda result: result["started"]):
        if not result["finished"]:
            left_out.append(f"{result['rater']}: unfinished, {len(result['answers'])} answers")
        elif not is_complete(plan, result):
            left_out.append(
                f"{result['rater']}: says finished, but not all items of a rater are answered, "
                f"{len(result['answers'])} answers"
            )
        elif result["rater"] in raters:
            left_out.append(f"{result['rater']}: took part again; the first result counts")
        else:
            raters[result["rater"]] = rater_of(result)
    return list(raters.values()), left_out


def printable(text):
    """With escapes for lone surrogates, which JSON can hold and no file of the report can."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def is_complete(plan, result):
    """Whether all items of as many groups as a rater sees are answered, and those of no group."""
    given = {answer["item"] for answer in result["answers"]}
    groups = {item["group"] for item in plan["items"] if item["id"] in given and item["group"] is not None}
    every = {item["group"] for item in plan["items"] if item["group"] is not None}
    wanted = {item["id"] for item in plan["items"] if item["group"] is None or item["group"] in groups}
    return given == wanted and len(groups) == (plan["groups_per_rater"] or len(every))


def problem_of(shape, plan, result):
    problem = schema.violation(shape, result)
    if problem:
        return problem
    if result["plan"] != plan["id"]:
        return f"belongs to another plan, {result['plan']}"
    items, scale = {item["id"] for item in plan["items"]}, [entry["value"] for entry in plan["scale"]]
    given = [answer["item"] for answer in result["answers"]]
    if not set(given) <= items or len(set(given)) < len(given):
        return "answers items that the plan does not have, or one twice"
    if any(answer["value"] not in scale for answer in result["answers"]):
        return "has answers that are not on the scale"
    return None


def rater_of(result):
    columns = ({answer["item"]: answer[key] for answer in result["answers"]} for key in ("value", "seconds", "swapped"))
    return Rater(result["rater"], *columns, result["display"]["pixel_ratio"])
