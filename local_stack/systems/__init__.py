"""The systems that a stack can run: what a system and a service are, and those that `--example` accepts."""

from local_stack.systems.blog import BLOG
from local_stack.systems.system import Service, SetupCommand, System

__all__ = ["EXAMPLES", "Service", "SetupCommand", "System"]

#: The systems that `--example` accepts, by name.
EXAMPLES = {system.name: system for system in (BLOG,)}
