"""The commands in the operators' guides can be run, and what they name exists."""

import os
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from local_stack.backing import postgres, rabbitmq
from local_stack.systems.marketplace import MARKETPLACE
from tests.deployment.rendering import compose, copy_of_the_tree, deployed, kubectl
from tests.documents.checker import OF_POSTGRES, Checker
from tests.documents.guides import ROOT, blocks, guides, spans
from tests.documents.typed import Typist

#: What a reader has set before following a guide that speaks of any service.
VARIABLES = {"SERVICE": "orders", "STREAM": "order", "SUBSCRIBERS": "tickets payments"}
#: How a command in running text begins.
COMMAND = re.compile(
    r"(?:\./manage_all\.py|kubectl|docker|deploy/k8s/\w+|python|git|rabbitmq-\w+|skaffold|k3d) "
)
MANAGEMENT_COMMAND = re.compile(r"[a-z]+(?:_[a-z]+)*(?: .*)? --.*")
#: Where the repository's own paths begin, and those of the overlays.
PATHS = re.compile(r"(?:(?:deploy|docker|docs|contracts|marketplace|tests)/|\.\./)[\w./-]+")
ROUTES = re.compile(r"(?:https://1)?(/(?:api|admin|health)/[\w/.-]*)")


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Checker:
    if kubectl() is None and os.environ.get("CI") != "true":
        pytest.skip("needs kubectl to render the overlays: https://kubernetes.io/docs/tasks/tools/")
    tree = copy_of_the_tree(tmp_path_factory.mktemp("deploy"))
    composed = compose(tmp_path_factory.mktemp("compose"))
    return Checker(deployed("production", tree), composed, typist(tmp_path_factory.mktemp("inner")))


@pytest.fixture(params=guides(), ids=lambda path: path.stem)
def page(request: pytest.FixtureRequest) -> str:
    return str(request.param.read_text())


def typist(folder: Path) -> Typist:
    """A reader in an empty folder."""
    data = folder / "data"
    data.mkdir()
    return Typist(folder, VARIABLES | {"PGDATA": str(data), "ARCHIVE": str(data)})


def typed_in_text(page: str) -> Iterator[str]:
    """The commands in a page's running text."""
    for span in spans(page):
        if COMMAND.match(span):
            yield span


class TestEveryGuide:
    def test_names_only_commands_that_can_be_run(self, page: str, checker: Checker, tmp_path: Path) -> None:
        reader = typist(tmp_path)
        for block in [*blocks(page), *typed_in_text(page)]:
            try:
                check_all(block, checker, reader)
            except AssertionError as error:
                pytest.fail(f"{block}\n{error}")

    def test_leads_to_files_that_are_there(self, page: str) -> None:
        links = [link for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page) if link]
        paths = [one[0] for span in spans(page) if (one := PATHS.fullmatch(span))]
        missing = [link for link in links if not (ROOT / "docs" / "how-to" / link).exists()]
        missing += [path for path in paths if not (ROOT / path).exists() and path != "docker/.env"]
        overlays = [span for span in spans(page) if span.startswith("overlays/")]
        missing += [path for path in overlays if not (ROOT / "deploy" / "k8s" / path).exists()]
        assert missing == []

    def test_leads_to_headings_that_are_there(self, page: str) -> None:
        links = re.findall(r"\]\(([\w./-]*)#([^)]+)\)", page)
        missing = []
        for file, anchor in links:
            text = (ROOT / "docs" / "how-to" / file).read_text() if file else page
            if anchor not in anchors(text):
                missing.append(f"{file}#{anchor}")
        assert missing == []


def anchors(page: str) -> set[str]:
    """How links name the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.fixture(scope="module")
def read(checker: Checker, tmp_path_factory: pytest.TempPathFactory) -> Checker:
    """A checker that has noted the commands of all guides, and no others."""
    fresh = Checker(checker.overlay, checker.composed, checker.typist)
    for guide in guides():
        page, reader = guide.read_text(), typist(tmp_path_factory.mktemp(guide.stem))
        for block in [*blocks(page), *typed_in_text(page)]:
            check_all(block, fresh, reader)
    return fresh


class TestTheParsers:
    @pytest.mark.parametrize(
        "service", [service.name for service in MARKETPLACE.services if service.stateful]
    )
    def test_of_each_service_take_its_management_commands(self, read: Checker, service: str) -> None:
        commands = read.managed.get(service, [])
        problems = parse(service, commands, read)
        assert [f"{' '.join(one)}: {why}" for one, why in zip(commands, problems, strict=True) if why] == []

    def test_of_some_service_take_the_management_commands_in_running_text(self, read: Checker) -> None:
        text = "\n".join(guide.read_text() for guide in guides())
        # Running text names what it speaks of, and leaves the rest open.
        commands = [[*span.split(), "…"] for span in spans(text) if MANAGEMENT_COMMAND.fullmatch(span)]
        commands = [command for command in commands if not COMMAND.match(f"{command[0]} ")]
        assert commands
        problems = [
            parse(service.name, commands, read) for service in MARKETPLACE.services if service.stateful
        ]
        wrong = [
            (one, whys) for one, whys in zip(commands, zip(*problems, strict=True), strict=True) if all(whys)
        ]
        assert wrong == []

    def test_of_kubectl_take_its_options(self, read: Checker) -> None:
        assert read.kubectl
        for command in read.kubectl:
            end = command.index("--") if "--" in command else len(command)
            done = subprocess.run(
                [str(kubectl()), *command[:end], "--help"], capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"kubectl {' '.join(command)}\n{done.stderr}"
            usage = done.stdout.partition("Usage:\n")[2].split("\n")[0]
            verb = next(word for word in command if word not in {"-n", "--namespace", "marketplace"})
            assert f"kubectl {verb}" in usage, command

    def test_of_the_servers_programs_take_their_options(self, read: Checker) -> None:
        for program, *words in read.of_servers:
            if program in OF_POSTGRES:
                known = help_of(program)
                options = {word.partition("=")[0] for word in words if word.startswith("--")}
                assert [option for option in options if option not in known] == [], program
            elif rabbitmq.server_script() is not None:
                command = next(word for word in words if not word.startswith("-"))
                assert re.search(rf"^\s+{command}\b", help_of(program), re.MULTILINE), (program, command)


class TestEveryRoute:
    def test_that_a_guide_names_is_answered(self, page: str, checker: Checker) -> None:
        named = {found[1] for span in spans(page) for found in ROUTES.finditer(re.sub("<.*?>", "1", span))}
        assert [route for route in named if not checker.answers(route)] == []


class TestTheChecker:
    """The controls: each of these would be found in a guide."""

    @pytest.mark.parametrize(
        ("block", "reason"),
        [
            ("./manage_all.py up --fastest", "unrecognized arguments: --fastest"),
            ("./manage_all.py secrets kubernetes --directory ~/elsewhere", "another place for secrets"),
            ("./manage_all.py manage order events dead-letters", "no service order"),
            ("python -m http.server", "python -m http.server"),
            (
                "kubectl -n marketplace exec deployment/auth-events -- /app/run events",
                "no Deployment auth-events",
            ),
            (
                "kubectl -n marketplace exec deployment/orders-web -- python -m orders.manage events",
                "python -m",
            ),
            ("kubectl -n marketplace exec deployment/orders-web -- /app/run events lag", "is a process"),
            ("kubectl -n elsewhere rollout restart deployment", "in the namespace elsewhere"),
            ("kubectl exec statefulset/orders-postgres -- psql --username orders", "in the namespace None"),
            (
                "kubectl -n marketplace exec statefulset/orders-postgres -- psql --username postgres",
                "no user",
            ),
            (
                "kubectl -n marketplace exec -c other statefulset/rabbitmq -- rabbitmqctl status",
                "no container other",
            ),
            ("kubectl -n marketplace exec rabbitmq-0 -- sh -c 'wget somewhere'", "wget: command not found"),
            ("kubectl -n marketplace annotate deployment/orders-web a=b", "kubectl annotate"),
            ("kubectl label namespace monitoring marketplace/monitored=yes", "no policy asks"),
            ("kubectl apply -k deploy/k8s/overlays/staging", "nothing to be applied"),
            ("kubectl apply -f deploy/k8s/base/namespaces.yaml", "no deploy/k8s/base/namespaces.yaml"),
            ("kubectl -n marketplace create secret tls other --cert a --key b", "no Ingress"),
            ("docker compose -f docker/compose.yaml stop orders-webs", "no service orders-webs"),
            ("docker compose -f docker/compose.yml stop orders-web", "no docker/compose.yml"),
            ("docker compose -f docker/compose.yaml up --quickly", "unrecognized arguments: --quickly"),
            ("docker build -f docker/Dockerfile --build-arg SERVER=orders -t orders .", "takes no SERVER"),
            ("deploy/k8s/release staging", "no deploy/k8s/overlays/staging"),
            ("deploy/k8s/pause order", "no Deployment order-web"),
            ("deploy/k8s/pause auth events", "no Deployment auth-events"),
            ("deploy/k8s/stop orders", "No such file"),
            ("skaffold sing", "skaffold sing"),
            ("curl https://marketplace.example.com/api/ticket/1", "no address"),
            (
                "for one in a b; do kubectl -n marketplace rollout undo deployment/orders-$one; done",
                "no Deployment orders-a",
            ),
            ("echo 'not closed", "unexpected EOF"),
            ("./manage_all.py status     of all services > $NOWHERE", "unbound variable"),
        ],
    )
    def test_finds_what_is_wrong(self, checker: Checker, tmp_path: Path, block: str, reason: str) -> None:
        with pytest.raises(AssertionError, match=reason):
            check_all(block, checker, typist(tmp_path))

    @pytest.mark.parametrize(
        "command",
        [
            ["event"],
            ["events", "dead-letter"],
            ["events", "resume", "--redrive", "all"],
            ["events", "skipped", "--redo", "…"],
        ],
    )
    def test_finds_a_management_command_that_is_wrong(self, checker: Checker, command: list[str]) -> None:
        assert parse("orders", [command], checker) != [""]


def check_all(block: str, checker: Checker, reader: Typist) -> None:
    """Check every command that a block starts."""
    for command in reader.type(block):
        checker.check(command)


def parse(service: str, commands: list[list[str]], checker: Checker) -> list[str]:
    """What a service's own parsers say of management commands; an empty text where all is well."""
    problems: list[str] = checker.call(service, "tests.documents.parse_management_commands", commands)
    return problems


@cache
def help_of(program: str) -> str:
    """What a server's program says of itself."""
    if program in OF_POSTGRES:
        place = postgres.bin_directory() / program
    else:
        script = rabbitmq.server_script()
        assert script
        place = script.with_name(program)
    argument = "--help" if program in OF_POSTGRES else "help"
    return subprocess.run([str(place), argument], capture_output=True, text=True, check=False).stdout
