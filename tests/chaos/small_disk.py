"""A small disk for one directory of a stack, and what fills it."""

import contextlib
import ctypes
import errno
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.chaos.outage import absent
from tests.running_stack import RunningStack, wait_for

_NEW_NAMESPACE, _RECURSIVE_AND_PRIVATE = 0x00020000, 0x4000 | 0x40000
_PIECE = b"\0" * 65_536


def can_mount() -> bool:
    """Return whether we may mount a file system here."""
    return sys.platform == "linux" and os.geteuid() == 0


def keep_mounts_private() -> None:
    """Keep the mounts of this process, and of those that it starts, private; they end with the last of them.

    To be called before there is a second thread. Raises OSError.
    """
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(_NEW_NAMESPACE) or library.mount(b"none", b"/", None, _RECURSIVE_AND_PRIVATE, None):
        raise OSError(ctypes.get_errno(), "can't keep mounts private")


@contextlib.contextmanager
def small_disk(stack: RunningStack, directory: Path, *parts: str, room: int) -> Iterator[None]:
    """Have a directory on a disk with so many bytes free for the length of a `with` block.

    The parts that write there are stopped while it moves. Where none is named, files come and go meanwhile,
    and some may be lost.
    """
    kept = directory.with_name(f"{directory.name}.kept")
    with absent(stack, *parts):
        directory.rename(kept)
        _mount(directory, like=kept, size=_size(kept) + room)
        subprocess.run(["cp", "-a", f"{kept}/.", str(directory)], check=True)
    try:
        yield
    finally:
        with absent(stack, *parts):
            shutil.rmtree(kept)
            subprocess.run(
                ["cp", "-a", str(directory), str(kept)], check=bool(parts), stderr=subprocess.DEVNULL
            )
            subprocess.run(["umount", "--lazy", str(directory)], check=True)
            wait_for(lambda: _takes_the_place_of(kept, directory), what=f"{directory} on its old disk")


@contextlib.contextmanager
def filled(directory: Path) -> Iterator[None]:
    """Keep a disk full to the last byte for the length of a `with` block."""
    filler, over = directory / "filler", threading.Event()
    thread = threading.Thread(target=_fill, args=(filler, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        filler.unlink()


def _fill(filler: Path, over: threading.Event) -> None:
    with filler.open("wb", buffering=0) as file:
        while not over.is_set():
            try:
                file.write(_PIECE)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                over.wait(0.05)


def _mount(directory: Path, *, like: Path, size: int) -> None:
    owner = like.stat()
    options = f"size={size},mode={owner.st_mode & 0o777:o},uid={owner.st_uid},gid={owner.st_gid}"
    directory.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(directory)], check=True)


def _takes_the_place_of(kept: Path, directory: Path) -> bool:
    shutil.rmtree(directory, ignore_errors=True)
    try:
        kept.rename(directory)
    except OSError:  # another process has made it again just now
        return False
    return True


def _size(directory: Path) -> int:
    return sum(path.lstat().st_size for path in directory.rglob("*") if path.is_file())
