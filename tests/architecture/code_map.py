"""The map of the code: a page with pictures of what imports what, made from the sources and the import rules.

`./manage_all.py code-map` writes it; a test says when it is out of date.
"""

import configparser
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial

from tests.architecture.imports import ROOT, imports, modules

PAGE = ROOT / "docs" / "reference" / "code-map.md"
#: Packages whose inside has a picture too.
_DRAWN = ("shared_events", "local_stack")
_HEAD = """\
# The map of the code

Made by `./manage_all.py code-map` from the sources and from the import rules in `.importlinter`, which
`./manage_all.py lint` checks. An arrow goes from what imports to what is imported; tests are left out.
"""


def page() -> str:
    """Return the page as the code would have it now."""
    rules = configparser.ConfigParser()
    rules.read(ROOT / ".importlinter")
    parts = [_HEAD, "## The packages\n", _picture(_edges(_package)), _legend()]
    parts += ["## Inside a service\n", _layers(rules["importlinter:contract:layers"])]
    for package in _DRAWN:
        parts += [f"## Inside `{package}`\n", _picture(_edges(partial(_folder, package)))]
        parts.append(_folders(package))
    parts += ["## The rules\n", _rules(rules)]
    return "\n".join(parts)


def _is_product(name: str) -> bool:
    return ".tests" not in f".{name}." and not name.endswith((".testing", ".conftest"))


def _package(name: str) -> str:
    return name.partition(".")[0] if _is_product(name) or name.startswith("tests.") else ""


def _folder(package: str, name: str) -> str:
    """Return the folder of a module inside a package; its modules at the top are one."""
    if not name.startswith(f"{package}.") or not _is_product(name):
        return ""
    rest = name.split(".")[1:]
    return rest[0] if f"{package}.{rest[0]}.{rest[1] if rest[1:] else ''}" in modules() else "its own modules"


def _edges(place: Callable[[str], str]) -> set[tuple[str, str]]:
    return {
        (place(importer), place(imported))
        for importer, found in imports(when_run=True).items()
        for imported in found
        if place(importer) and place(imported) and place(importer) != place(imported)
    }


def _picture(edges: Iterable[tuple[str, str]]) -> str:
    targets: dict[str, list[str]] = defaultdict(list)
    for importer, imported in sorted(edges):
        targets[importer].append(imported)
    lines = [
        f"    {_id(importer)} --> {' & '.join(map(_id, imported))}" for importer, imported in targets.items()
    ]
    return "\n".join(["```mermaid", "flowchart LR", *lines, "```", ""])


def _id(name: str) -> str:
    return f'{name.replace(" ", "_")}["{name}"]' if " " in name else name


def _first_line(name: str) -> str:
    return ((modules()[name].read_text().split('"""')[1:2] or [""])[0].strip().splitlines() or [""])[0]


def _legend() -> str:
    packages = sorted({_package(name) for name in modules()} - {""})
    rows = [f"| `{name}` | {_first_line(name)} |" for name in packages if name in modules()]
    return "\n".join(["| package | what it is |", "|---|---|", *rows, ""])


def _folders(package: str) -> str:
    folders = sorted({_folder(package, name) for name in modules()} - {"", "its own modules"})
    rows = [f"| `{package}/{folder}` | {_first_line(f'{package}.{folder}')} |" for folder in folders]
    return "\n".join(["| folder | what it is |", "|---|---|", *rows, ""])


def _layers(rule: configparser.SectionProxy) -> str:
    lines = [line.strip() for line in rule["layers"].strip().splitlines()]
    names = [re.sub(r"[()]", "", line).replace(" | ", ", ") for line in lines]
    rows = [f'    L{number}["{name}"]' for number, name in enumerate(names)]
    arrows = [f"    L{number} --> L{number + 1}" for number in range(len(lines) - 1)]
    text = "Each layer may import those below it, never one above or beside it.\n"
    return "\n".join([text, "```mermaid", "flowchart TB", *rows, *arrows, "```", ""])


def _rules(rules: configparser.ConfigParser) -> str:
    contracts = [rules[section] for section in rules.sections() if "contract" in section]
    lines = [f"- {rule['name']}.".replace("\n", " ") for rule in contracts]
    return "\n".join([*lines, ""])
