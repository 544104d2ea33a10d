"""Running a service's management commands with the environment that the stack gives it."""

import subprocess

from local_stack.credentials import credentials_of
from local_stack.environment import service_environment
from local_stack.stack import REPOSITORY, Stack
from local_stack.systems import Service


def manage(stack: Stack, service: Service, *arguments: str) -> int:
    """Run one command; what it prints is shown. Return its exit code."""
    environment = service_environment(stack, credentials_of(stack.run_dir, stack.system), service)
    return subprocess.run(service.manage(*arguments), env=environment, cwd=REPOSITORY, check=False).returncode
