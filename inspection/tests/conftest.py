"""The stacks of the local stack's own tests: of tiny processes instead of services."""

from local_stack.tests.conftest import run_dir, stack, start

__all__ = ["run_dir", "stack", "start"]
