import os
from pathlib import Path

import pytest

from tests.deployment.rendering import (
    OVERLAYS,
    Composed,
    Deployed,
    compose,
    copy_of_the_tree,
    deployed,
    kubectl,
)


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if kubectl() is None and os.environ.get("CI") != "true":
        pytest.skip("needs kubectl to render the overlays: https://kubernetes.io/docs/tasks/tools/")
    return copy_of_the_tree(tmp_path_factory.mktemp("deploy"))


@pytest.fixture(scope="session")
def everything(tree: Path) -> dict[str, Deployed]:
    return {overlay: deployed(overlay, tree) for overlay in OVERLAYS}


@pytest.fixture(params=OVERLAYS)
def overlay(everything: dict[str, Deployed], request: pytest.FixtureRequest) -> Deployed:
    return everything[request.param]


@pytest.fixture(scope="session")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Composed:
    return compose(tmp_path_factory.mktemp("compose"))
