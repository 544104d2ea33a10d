"""`rotate-keys`: the accounts service changes its signing key, with both keys valid in between."""

import subprocess

from local_stack.credentials import credentials_of
from local_stack.environment import service_environment
from local_stack.services import SERVICES
from local_stack.stack import REPOSITORY, Stack


def rotate_keys(stack: Stack) -> int:
    """Run the service's own command on the stack's keys and return its exit code."""
    auth = next(service for service in SERVICES if service.name == "auth")
    command = auth.manage("rotate_keys", "--directory", str(stack.run_dir / "keys"))
    environment = service_environment(stack, credentials_of(stack.run_dir), auth)
    return subprocess.run(command, env=environment, cwd=REPOSITORY, check=False).returncode
