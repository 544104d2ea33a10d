"""Images made here and now, without a container engine or a registry: a Debian of our own is the base."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local_stack.stack import REPOSITORY
from requirements import bootstrap

INSTALL_COMMAND = "sudo apt-get install -y --no-install-recommends buildah debootstrap"
ENTER = Path(__file__).with_name("enter")

_SUITE = "bookworm"
_PACKAGES = "python3,python3-venv,ca-certificates"
_BASE = "localhost/stand-in"


def problem() -> str | None:
    """Why images can't be made here, or None."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "making and running images without an engine needs Linux and root"
    missing = [program for program in ("buildah", "debootstrap", "unshare") if shutil.which(program) is None]
    return f"{', '.join(missing)} not installed: {INSTALL_COMMAND}" if missing else None


@dataclass(frozen=True)
class Image:
    """One built image, its root laid out in a directory."""

    service: str
    root: str
    user: str
    environment: dict[str, str]
    entrypoint: list[str]
    command: list[str]
    labels: dict[str, str]
    healthcheck: list[str]

    def enter(self, keys: Path, *command: str) -> tuple[str, ...]:
        """The command line of a process in this image."""
        return (str(ENTER), self.root, str(keys), self.user, *command)

    def run(self, keys: Path, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a program in this image to its end."""
        return subprocess.run(
            self.enter(keys, *command),
            env=self.environment, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """The image ready for JSON."""
        return asdict(self)


class Builder:
    """buildah with a store of its own, which goes with its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._store = (
            *("--root", str(folder / "store"), "--runroot", str(folder / "run")),
            *("--storage-driver", "vfs"),
        )

    def make_base(self) -> None:
        """Make the image that the others are built from: a small Debian with Python."""
        root = self._folder / "debian"
        log = self._folder / "debootstrap.log"
        with log.open("wb") as output:
            subprocess.run(
                ("debootstrap", "--variant=minbase", f"--include={_PACKAGES}", _SUITE, str(root)),
                stdout=output, stderr=output, check=True, timeout=600,
            )  # fmt: skip
        (self._folder / "Containerfile").write_text("FROM scratch\nCOPY debian /\n")
        self._bud("--tag", _BASE, "--file", str(self._folder / "Containerfile"), str(self._folder))
        shutil.rmtree(root)

    def build(self, service: str) -> Image:
        """Build a service's image with its own Dockerfile and lay out its root."""
        name = f"localhost/marketplace/{service}"
        self._bud(
            *("--format", "docker", "--target", "complete", "--tag", name),
            *("--build-arg", f"BASE={_BASE}", "--build-arg", f"SERVICE={service}"),
            *self._package_settings(),
            *("--file", "docker/Dockerfile", "."),
        )
        config = json.loads(self._buildah("inspect", "--type", "image", name))["Docker"]["config"]
        container = self._buildah("from", "--pull-never", name).strip()
        return Image(
            service=service,
            root=self._buildah("mount", container).strip(),
            user=config["User"],
            environment=dict(pair.split("=", 1) for pair in config["Env"]),
            entrypoint=config["Entrypoint"],
            command=config["Cmd"],
            labels=config["Labels"],
            healthcheck=config["Healthcheck"]["Test"],
        )

    def _package_settings(self) -> Sequence[str]:
        """Let the build find packages where pip finds them here, with the same certificates."""
        of_pip = bootstrap.pip_settings()
        values = {f"PIP_{name.replace('-', '_').upper()}": value for name, value in of_pip.items()}
        values |= bootstrap.uv_settings(of_pip)
        values |= {name: os.environ[name] for name in ("SSL_CERT_FILE",) if name in os.environ}
        secret = self._folder / "packages"
        secret.write_text("".join(f"{name}='{value}'\n" for name, value in values.items()))
        words = [word for value in values.values() for word in value.split()]
        # An index on this disk keeps its files beside its pages.
        indexes = {
            str(Path(word.removeprefix("file://")).parent) for word in words if word.startswith("file:")
        }
        places = sorted(indexes | {word for word in words if word.startswith("/") and Path(word).exists()})
        mounts = [part for place in places for part in ("--volume", f"{place}:{place}:ro")]
        return ("--secret", f"id=packages,src={secret}", *mounts)

    def _bud(self, *arguments: str) -> None:
        self._buildah("bud", "--quiet", "--isolation", "chroot", *arguments)

    def _buildah(self, *arguments: str) -> str:
        done = subprocess.run(
            ("buildah", *self._store, *arguments),
            cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=900,
        )  # fmt: skip
        assert done.returncode == 0, f"buildah {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def forget(self) -> None:
        """Take the images' roots down, so that their folder can be deleted."""
        subprocess.run(("buildah", *self._store, "rm", "--all"), capture_output=True, check=False)
        subprocess.run(("buildah", *self._store, "rmi", "--all", "--force"), capture_output=True, check=False)
