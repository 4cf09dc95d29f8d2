"""The report for people: index.html and a page for each picture, which need neither a server nor a network.

    results, rows, originals, runs
       |        |       |       |
       |        |       +-------+--> findings.py   decoded pictures of equal size, error maps, crops: pictures/NAME/
       |        |                        |          (analysis.py)
       |        +--> curves.py --> charts.py, parts.py
       |                                 |
       +---------> summary.py -> index.html, picture_page.py -> pictures/NAME.html

Pictures lie beside the pages: embedded in them, a report on 24 photographs would be a single file of more than 200 MB.
Style sheets and scripts are put into each page.
"""

import concurrent.futures
import contextlib
import os
import shutil

from models.evaluation.measurements.runs import image_name

from .findings import ReportError, find
from .picture_page import picture_page
from .summary import index_page

__all__ = ["ReportError", "build", "check"]


def check(folder):
    """ReportError unless a report can be written into `folder`, which is made."""
    if not shutil.which("cwebp"):
        raise ReportError("cwebp is not installed, which the report's pictures need")
    try:
        os.makedirs(os.path.join(folder, "pictures"), exist_ok=True)
    except OSError as error:
        raise ReportError(f"the report cannot be written: {error}") from error


def build(folder, results, rows, image_paths, runs, jobs=2, progress=None):
    """Writes the report into `folder` and returns the path of its index.html.

    results      what the JSON file of an evaluation holds
    rows         its measurements, as Runs.measure() gives them
    image_paths  the originals
    runs         a Runs, asked for decoded pictures of equal size in `jobs` processes
    progress     None, or is called with the numbers of pictures done and of all
    A codec that fails on a picture is left out there, and the reason printed. ReportError where the report cannot be
    written.
    """
    by_name = {}
    for row in rows:
        by_name.setdefault(row["image"], []).append(row)
    paths = [path for path in image_paths if image_name(path) in by_name]
    check(folder)
    try:
        found = find_all(folder, results, by_name, paths, runs, jobs, progress)
        for index, picture in enumerate(found):
            before = found[index - 1]["name"] if index else None
            after = found[index + 1]["name"] if index + 1 < len(found) else None
            text = picture_page(results, by_name[picture["name"]], picture, before, after)
            write(os.path.join(folder, "pictures", f"{picture['name']}.html"), text)
        index = os.path.join(folder, "index.html")
        write(index, index_page(results, rows, found))
    except OSError as error:
        raise ReportError(f"the report cannot be written: {error}") from error
    return index


def find_all(folder, results, by_name, paths, runs, jobs, progress):
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        running = [pool.submit(find, path, folder, results, by_name[image_name(path)], runs) for path in paths]
        found = []
        for future in running:
            found.append(future.result())
            if progress:
                progress(len(found), len(paths))
    return found


def write(path, text):
    """All of it or nothing."""
    part = f"{path}.part"
    try:
        with open(part, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(part, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.remove(part)
