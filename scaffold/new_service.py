"""`new service`: a project from the template in `scaffold/service`, and a line in each table of services."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from django.core.management import call_command

from local_stack.console import out
from local_stack.stack import REPOSITORY
from local_stack.user_errors import UserError

TEMPLATE = Path(__file__).with_name("service")
#: The service beside which the new one is listed; its requirements are those of any service with a database.
_NEIGHBOUR = "tickets"

_NEXT = """\
{name}_service is made. It follows the users, publishes nothing yet, and stores its users' entries: put what
it is for in their place.

  ./manage_all.py test {name}     its first tests
  ./manage_all.py lint
  ./manage_all.py up              starts it with the others, at /api/{name} and /admin/{name}/

Its routes belong into tests/access/table.py. docs/how-to/change-services.md says how it gets into the images,
compose and the cluster."""

_ROWS = """\
    "{name}": {{
        ("GET", "/api/{name}"): _SIGNED_IN,
        ("POST", "/api/{name}"): _SIGNED_IN._replace(owner=201, other=201, staff=201),
        ("GET", "/api/{name}/openapi.json"): _OPEN,
        **_events("/api/{name}"),
        ("GET", "/admin/"): _ADMIN,
        ("GET", "/health/live"): _OPEN,
        ("GET", "/health/ready"): _OPEN,
    }},
    "orders": {{
"""
_WORLD = '''\
"""What is there when the access table is played against {name}."""

from tests.access.world import World


def build(role: str) -> World:
    """Return a world of people alone."""
    world = World()
    world.sign_in_all()
    world.bodies["POST", "/api/{name}"] = {{"text": "An entry"}}
    return world
'''


class CannotMake(UserError):
    """The service can't be made with these arguments; nothing was written."""


def make_service(name: str) -> int:
    """Write the files and lines of a service named `name`. Raises CannotMake, with nothing written."""
    folder = REPOSITORY / f"{name}_service"
    if folder.exists():
        raise CannotMake(f"There is a {folder.name} already.")
    changed = {path: _changed(path, change, name) for path, change in _TABLES.items()}
    with tempfile.TemporaryDirectory() as aside:  # Django refuses a folder that Python could import
        made = Path(aside) / folder.name
        made.mkdir()
        call_command("startapp", name, str(made), template=str(TEMPLATE), verbosity=0)
        shutil.copytree(made, folder)
    for path, text in changed.items():
        (REPOSITORY / path).write_text(text)
    (REPOSITORY / "tests" / "access" / "worlds" / f"{name}.py").write_text(_WORLD.format(name=name))
    for suffix in ("in", "txt"):
        locks = REPOSITORY / "requirements"
        shutil.copyfile(locks / f"{_NEIGHBOUR}.{suffix}", locks / f"{name}.{suffix}")
    _sort_imports(folder)
    out.print(_NEXT.format(name=name), markup=False)
    return 0


def _sort_imports(folder: Path) -> None:
    """Sort the imports: where the service's own come among others depends on its name."""
    ruff = Path(sys.executable).with_name("ruff")
    subprocess.run((ruff, "check", "--select=I", "--fix", "--quiet", folder), cwd=REPOSITORY, check=True)


def _changed(path: str, change: Callable[[str, str], str], name: str) -> str:
    before = (REPOSITORY / path).read_text()
    after = change(before, name)
    if after == before:
        raise CannotMake(f"{path} has no line of {_NEIGHBOUR} to put {name} beside.")
    return after


def _beside_neighbour(text: str, name: str) -> str:
    """Repeat each line that is the neighbour's alone, such as `-r tickets.in`, for the new one."""
    alone = {f"{_NEIGHBOUR}_service", f"{_NEIGHBOUR}_service.{_NEIGHBOUR}", f"-r {_NEIGHBOUR}.in"}
    lines = []
    for line in text.splitlines(keepends=True):
        lines.append(line)
        if line.strip() in alone:
            lines.append(line.replace(_NEIGHBOUR, name))
    return "".join(lines)


def _to_system(text: str, name: str) -> str:
    line = f'        Service("{name}", "{name}_service", follows=("user",)),\n'
    return text.replace('        Service("frontend",', f'{line}        Service("frontend",')


def _to_gateway(text: str, name: str) -> str:
    matcher = next((line for line in text.splitlines() if line.strip().startswith(f"@{_NEIGHBOUR} path")), "")
    handle = f"\thandle @{_NEIGHBOUR} {{\n\t\timport to {{${_NEIGHBOUR.upper()}_UPSTREAM}}\n\t}}\n"
    for block in (f"{matcher}\n", handle):
        new = block.replace(_NEIGHBOUR.upper(), name.upper()).replace(_NEIGHBOUR, name)
        text = text.replace(block, block + new)
    return text


def _to_access_table(text: str, name: str) -> str:
    return text.replace('    "orders": {\n', _ROWS.format(name=name))


#: What lists the services, and how a new one gets into it.
_TABLES: dict[str, Callable[[str, str], str]] = {
    "local_stack/systems/marketplace.py": _to_system,
    "docker/Caddyfile": _to_gateway,
    ".importlinter": _beside_neighbour,
    "requirements/run.in": _beside_neighbour,
    "tests/access/table.py": _to_access_table,
}
