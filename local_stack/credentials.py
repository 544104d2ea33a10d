"""Passwords and keys of one stack, made once and kept in its run directory."""

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import NewType

from local_stack.stack import write_private
from local_stack.systems import System
from local_stack.systems.marketplace import MARKETPLACE

Credentials = NewType("Credentials", Mapping[str, str])


def credentials_of(run_dir: Path, system: System = MARKETPLACE) -> Credentials:
    """Return the stack's credentials, making those that are missing."""
    path = run_dir / "secrets.json"
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = [name for name in _names(system) if name not in known]
    if missing:
        known |= {name: _new(name) for name in missing}
        _write(path, known)
    return Credentials(known)


def renew_credential(run_dir: Path, name: str, system: System = MARKETPLACE) -> str:
    """Replace one of the credentials in a directory by a new one, and return it."""
    known = credentials_of(run_dir, system)
    new = _new(name)
    _write(run_dir / "secrets.json", {**known, name: new})
    return new


def _write(path: Path, known: Mapping[str, str]) -> None:
    write_private(path, json.dumps(dict(known), indent=2) + "\n")


def _names(system: System) -> list[str]:
    return [
        "postgres.admin",
        "erlang.cookie",
        "probe.broker",
        *system.credentials,
        *(f"{user}.password" for user in system.users),
        *(f"{service.name}.django" for service in system.services),
        *(f"{service.name}.database" for service in system.stateful),
        *(f"{service.name}.broker" for service in system.stateful),
    ]


def _new(name: str) -> str:
    # People type the demo passwords by hand, so those are short.
    return secrets.token_urlsafe(9) if name.endswith(".password") else secrets.token_urlsafe(48)
