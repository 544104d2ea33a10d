"""`secrets --renew`: a new password of one service in the files of a deployment, which `secrets` has made.

It changes nothing that runs: docs/how-to/scale-and-maintain.md and run-with-compose.md say how to do that.
"""

import json
import re
import stat
from collections.abc import Callable
from pathlib import Path

from deploy.secrets import COMPOSE, KUBERNETES
from local_stack.credentials import renew_credential
from local_stack.stack import write_private
from local_stack.systems.marketplace import MARKETPLACE
from local_stack.user_errors import UserError
from shared_events.transport.broker_rights import hash_password

#: Turns a file's text into the same with a new password. Raises ValueError where it has no place for one.
Change = Callable[[str, str], str]


class NothingToRenew(UserError):
    """The directory has no such password; the message says what is missing where."""


def renew(target: str, directory: Path | None, name: str) -> int:
    """Make a new password, such as `orders.broker`, print it alone, and return the exit code.

    Raises NothingToRenew, before anything is changed, where a file that should carry it doesn't.
    """
    if target == "compose":
        folder = directory or COMPOSE
        known, files = folder / "secrets", _compose_files(folder, name)
    else:
        known = folder = directory or KUBERNETES
        files = _kubernetes_files(folder, name)
    if not (known / "secrets.json").exists():
        raise NothingToRenew(f"No secrets were made in {folder}.")
    # A trial, so that all files are changed or none is.
    for path, change in files.items():
        _changed(path, change, "trial")
    password = renew_credential(known, name)
    for path, change in files.items():
        _replace(path, _changed(path, change, password))
    print(password)
    return 0


def _compose_files(folder: Path, name: str) -> dict[Path, Change]:
    service, kind = name.split(".")
    variable = f"{service.upper()}_{kind.upper()}_PASSWORD"
    files = {folder / ".env": _value_of(variable)}
    return files | ({folder / "secrets" / "definitions.json": _user(service)} if kind == "broker" else {})


def _kubernetes_files(folder: Path, name: str) -> dict[Path, Change]:
    service, kind = name.split(".")
    if kind == "broker":
        return {
            folder / f"{service}.env": _address_in("BROKER_URL"),
            folder / "definitions.json": _user(service),
        }
    [variable] = [one.database_variable for one in MARKETPLACE.stateful if one.name == service]
    return {
        folder / f"{service}.env": _address_in(variable),
        folder / f"{service}-postgres.env": _value_of("POSTGRES_PASSWORD"),
    }


def _value_of(variable: str) -> Change:
    """Change the whole value of a variable."""
    return _line(variable, rf"({variable}=).+()")


def _address_in(variable: str) -> Change:
    """Change the password in a variable's address, whatever else was changed there by hand."""
    return _line(variable, rf"({variable}=\w+://[^:/@\s]+:)[^@\s]+(@.*)")


def _line(variable: str, pattern: str) -> Change:
    def change(text: str, password: str) -> str:
        changed, count = re.subn(f"^{pattern}$", rf"\g<1>{password}\g<2>", text, flags=re.MULTILINE)
        if count != 1:
            raise ValueError(f"no password in {variable}")
        return changed

    return change


def _user(name: str) -> Change:
    """Change the salted hash of a user of RabbitMQ."""

    def change(text: str, password: str) -> str:
        definitions = json.loads(text)
        users = [user for user in definitions["users"] if user["name"] == name]
        if not users:
            raise ValueError(f"no user {name}")
        for user in users:
            user["password_hash"] = hash_password(password)
        return json.dumps(definitions, indent=2) + "\n"

    return change


def _changed(path: Path, change: Change, password: str) -> str:
    try:
        return change(path.read_text(), password)
    except (FileNotFoundError, ValueError) as error:
        raise NothingToRenew(f"{path} has no such password: {error}.") from error


def _replace(path: Path, text: str) -> None:
    """Write a file anew, for the same readers."""
    mode = stat.S_IMODE(path.stat().st_mode)
    write_private(path, text)
    path.chmod(mode)
