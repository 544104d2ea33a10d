"""Make the passwords and keys of a deployment, once."""

import argparse
from pathlib import Path

from local_stack.systems.marketplace import MARKETPLACE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add for which deployment, and what to renew."""
    parser.add_argument(
        "target",
        choices=("compose", "kubernetes"),
        help="compose: docker/.env; kubernetes: a directory for kustomize",
    )
    parser.add_argument(
        "--directory",
        type=Path,
        help="where to keep them (default: docker, or deploy/k8s/overlays/local/secrets)",
    )
    parser.add_argument(
        "--renew",
        choices=[f"{one.name}.{kind}" for one in MARKETPLACE.stateful for kind in ("broker", "database")],
        metavar="SERVICE.broker|database",
        help="make a new password of one service, change it in the files that are there, and print it",
    )


def run(options: argparse.Namespace) -> int:
    """Write the files, or renew one password in them."""
    from deploy.renewed_secrets import renew
    from deploy.secrets import make

    if options.renew:
        return renew(options.target, options.directory, options.renew)
    return make(options.target, options.directory)
