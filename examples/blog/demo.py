"""`demo --example blog`: a service that was down reads what it missed, and a new one reads everything."""

import contextlib
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg

from local_stack.backing.postgres import create_databases
from local_stack.console import errors, out
from local_stack.credentials import Credentials, credentials_of
from local_stack.environment import admin_database_url, database_url
from local_stack.stack import REPOSITORY, Stack
from local_stack.supervisor.control_client import Supervision
from local_stack.supervisor.process_specs import ProcessSpec, specs_on_demand
from local_stack.supervisor.processes import MARKER, dies_with_parent
from local_stack.systems import Service
from local_stack.systems.blog import BLOG
from local_stack.user_errors import UserError

Posts = list[dict[str, Any]]

LATE_QUERY = next(service for service in BLOG.services if service.on_demand)
_QUERY_PARTS = ("query.web", "query.events", "query.relay")
_COMMENTS = {"Well said.": "approved", "Cheap spam, buy now!": "rejected"}
_PATIENCE = 60.0


class ScenarioFailed(UserError):
    """The demo's expectation wasn't met."""


def demo(stack: Stack) -> int:
    """Play the demo and return the exit code."""
    try:
        play(stack, credentials_of(stack.run_dir, BLOG))
    except (UserError, httpx.HTTPError) as error:
        errors.print(f"[bold red]✗[/] {type(error).__name__}: ", end="")
        errors.print(str(error), markup=False)
        return 1
    return 0


def play(stack: Stack, credentials: Credentials) -> None:
    """Play all of it. Raises ScenarioFailed."""
    with httpx.Client(base_url=stack.url, timeout=15) as blog:
        with without_query(stack):
            _say("query is stopped: the blog cannot be read")
            if blog.get("/posts").status_code != httpx.codes.SERVICE_UNAVAILABLE:
                raise ScenarioFailed("There is something to read, though query is stopped.")
            written = [write(blog) for _ in range(3)]
            _say(f"wrote {len(written)} posts with {len(_COMMENTS)} comments each meanwhile")
            begun = time.monotonic()
        wait_until(lambda: shown(blog, written), "query to show all of it")
        took = time.monotonic() - begun
        _say(f"query is started and shows all of it, moderated ({took:.1f} s)")
        with late_query(stack, credentials) as address, httpx.Client(base_url=address, timeout=15) as late:
            wait_until(lambda: read(late) == read(blog), "the late query to show the same")
            _say(f"a second query, with an empty database, shows the same {len(read(late))} posts")
            for stream, position in cursors(stack, credentials):
                _say(f"it has read the stream {stream} from position 1 to {position}")


@contextlib.contextmanager
def without_query(stack: Stack) -> Iterator[None]:
    """Stop every process of query within the block."""
    supervision = Supervision(stack)
    try:
        for part in _QUERY_PARTS:
            supervision.stop(part)
        yield
    finally:
        for part in reversed(_QUERY_PARTS):
            supervision.start(part)


def write(blog: httpx.Client) -> str:
    """Write a post and comment on it; return its id."""
    post = _created(
        blog.post("/posts", json={"title": f"Post {secrets.token_hex(3)}", "body": "Some words."})
    )
    for text in _COMMENTS:
        _created(blog.post(f"/posts/{post['id']}/comments", json={"text": text}))
    return str(post["id"])


def shown(blog: httpx.Client, written: list[str]) -> bool:
    """Return whether query lists these posts with all comments and a verdict on each."""
    found = {post["id"]: post["comments"] for post in read(blog)}
    verdicts = sorted(_COMMENTS.values())
    return all(sorted(one["status"] for one in found.get(post, ())) == verdicts for post in written)


def read(blog: httpx.Client) -> Posts:
    """Return all posts, page by page."""
    posts: Posts = []
    address: str | None = "/posts?limit=100"
    while address:
        answer = blog.get(address)
        answer.raise_for_status()
        posts += answer.json()
        following = answer.links.get("next", {}).get("url")
        address = httpx.URL(following).raw_path.decode() if following else None
    return posts


@contextlib.contextmanager
def late_query(stack: Stack, credentials: Credentials) -> Iterator[str]:
    """Run a second query service with a new database, and yield its URL."""
    _empty_database(stack, credentials, LATE_QUERY)
    with contextlib.ExitStack() as running:
        for part in specs_on_demand(stack, credentials, LATE_QUERY):
            process = running.enter_context(_process(stack, part))
            if part.oneshot and process.wait():
                raise ScenarioFailed(f"{part.name} failed; see its log: {stack.log_of(part.name)}")
        address = f"http://127.0.0.1:{stack.ports[LATE_QUERY.name]}"
        wait_until(lambda: _is_ready(address), "the late query to answer")
        yield address


def cursors(stack: Stack, credentials: Credentials) -> list[tuple[str, int]]:
    """Return the late query service's cursor of each stream."""
    with psycopg.connect(database_url(stack, credentials, LATE_QUERY)) as connection:
        return connection.execute("SELECT stream, position FROM shared_events_cursor ORDER BY 1").fetchall()


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Wait for something. Raises ScenarioFailed."""
    started = time.monotonic()
    while not _holds(holds):
        if time.monotonic() - started > _PATIENCE:
            raise ScenarioFailed(f"Waited {_PATIENCE:.0f} s for {what}.")
        time.sleep(0.1)


def _holds(holds: Callable[[], bool]) -> bool:
    # A process that has just started may not answer yet.
    with contextlib.suppress(httpx.TransportError, httpx.HTTPStatusError):
        return holds()
    return False


def _empty_database(stack: Stack, credentials: Credentials, service: Service) -> None:
    if service.database_variable in stack.overrides:
        raise UserError(f"The demo makes its own database: unset {service.database_variable}.")
    with psycopg.connect(admin_database_url(stack, credentials), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{service.name}" WITH (FORCE)')
    create_databases(stack, credentials)


@contextlib.contextmanager
def _process(stack: Stack, part: ProcessSpec) -> Iterator[subprocess.Popen[bytes]]:
    with stack.log_of(part.name).open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 (our own commands)
            part.command,
            env={**part.environment, MARKER: f"{stack.id}:{part.name}"},
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=dies_with_parent(signal.SIGTERM),  # noqa: PLW1509 (see there)
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _is_ready(address: str) -> bool:
    return httpx.get(f"{address}/health/ready", timeout=5).is_success


def _created(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code != httpx.codes.CREATED:
        raise ScenarioFailed(f"{answer.request.url} answered {answer.status_code}: {answer.text[:200]}")
    created: dict[str, Any] = answer.json()
    return created


def _say(what: str) -> None:
    out.print(f"[green]✓[/] {what}")
