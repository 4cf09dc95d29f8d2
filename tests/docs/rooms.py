"""The tables of rooms in HACKING.md: which folder holds which units, and what they may import."""

import posixpath
import re

from tests.docs import source_text

# In the third column, in place of names.
ALL_ABOVE = "all of the above"
ENTRIES = "the entries"


class Room:
    def __init__(self, folder, may_import):
        self.folder = folder
        self.may_import = may_import  # folders and files below the root of the repository, and names of packages
        self.units = []


def read_tables(document):
    """The rooms of the section "Rooms", by folder without the slash at its end.

    A row says of a folder who lives there and what it may import. A row without a folder goes on with the units of the
    folder above.
    """
    section = re.search(r"^## Rooms\n(.*?)(?=^## )", document, re.M | re.S)[1]
    rooms = {}
    for table in re.findall(r"(?:^\|.*\n)+", section, re.M):
        above, room = [], None
        for row in table.splitlines()[2:]:
            cells = [cell.strip() for cell in row.strip("|").split("|")]
            if cells[0]:
                folder = cells[0].strip("`").rstrip("/")
                room = rooms[folder] = Room(folder, _imports(folder, cells[2], above))
                above.append(folder)
            else:
                room.units += re.findall(r"`([^`]+)`", cells[1])
    return rooms


def _imports(folder, cell, above):
    area = folder.split("/")[0]
    names = re.findall(r"`([^`]+)`", cell)
    found = [name if name.split("/")[0] in ("shared", "native", "web") else f"{area}/{name}" for name in names]
    found += [name.rstrip("/") for name in names]  # a package, such as lic-codec
    if ALL_ABOVE in cell:
        found += above
    if ENTRIES in cell:
        found.append(area)
    return {name.rstrip("/") for name in found}


def room_of(path, rooms):
    """The folder of the table that holds a file; None for a file that no room holds."""
    folder = posixpath.dirname(path)
    return folder if folder in rooms else None


def unit_of(path):
    """The name that the table has for a file: `rans` for shared/symbols/rans.cpp and rans.h."""
    return posixpath.basename(path).split(".")[0]


def missing_rows(paths, rooms):
    """Files that no row names, and names that no file has."""
    faults = [f"{path}: no row of HACKING.md has its folder" for path in paths if not room_of(path, rooms)]
    held = {(room_of(path, rooms), unit_of(path)): path for path in paths if room_of(path, rooms)}
    named = {(room.folder, unit) for room in rooms.values() for unit in room.units}
    faults += [f"{held[key]}: HACKING.md does not name `{key[1]}` in {key[0]}/" for key in sorted(set(held) - named)]
    faults += [f"HACKING.md names `{unit}` in {folder}/, where it is not" for folder, unit in sorted(named - set(held))]
    return faults


def cpp_target(path, include, paths):
    """The file that an include of ours means, or None."""
    places = (
        include,
        f"shared/{include}",
        f"shared/include/{include}",
        posixpath.join(posixpath.dirname(path), include),
    )
    return next((place for place in places if place in paths), None)


def cpp_faults(sources, rooms):
    """Includes that the tables forbid. `sources` are texts by path.

    Everyone may include the public headers, wasm/ only its own besides, and the command also the macros that pass
    failures up.
    """
    faults = []
    for path, text in sources.items():
        own = room_of(path, rooms)
        for include in source_text.cpp_includes(text):
            target = cpp_target(path, include, sources)
            if not target or not (own or path.startswith("wasm/")):
                continue
            allowed = {own, "shared/include/lic", *(rooms[own].may_import if own else ())}
            if not own:
                allowed.add(posixpath.dirname(path))
            if path.startswith("native/"):
                allowed.add("shared/base/try.h")
            if target not in allowed and posixpath.dirname(target) not in allowed:
                faults.append(f"{path} includes {target}, which {posixpath.dirname(path)}/ may not")
    return faults


def js_faults(sources, rooms):
    """Imports that the tables forbid, those of types too. `sources` are texts by path.

    Everyone may import the types that the package shows. Modules of the platform and of build tools are free.
    """
    faults = []
    for path, text in sources.items():
        own = room_of(path, rooms)
        for name in source_text.js_imports(text):
            if not own or not (name.startswith(".") or name.startswith("lic-codec")):
                continue
            beside = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
            target = beside if name.startswith(".") else "lic-codec"
            allowed = {own, "web/index.d.ts", *rooms[own].may_import}
            if target not in allowed and posixpath.dirname(target) not in allowed:
                faults.append(f"{path} imports {target}, which {own}/ may not")
    return faults
