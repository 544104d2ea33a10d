"""`pause` and `resume`: a service stops and comes back, while everything else goes on."""

from local_stack.console import out
from local_stack.stack import Stack
from local_stack.supervisor.control_client import NotRunning, Supervision
from local_stack.systems import Service

#: What writes goes first, and the relay last: so it still publishes what was written.
_ORDER = ("web", "commands", "events", "relay")


def pause(stack: Stack, service: Service) -> None:
    """Stop the processes of a service; they finish what they have in hand. Raises NotRunning."""
    supervision = Supervision(stack)
    for name in _processes(supervision, service):
        supervision.stop(name)
    out.print(
        f"{service.name} is paused; bring it back with: {stack.system.command('resume')} {service.name}"
    )


def resume(stack: Stack, service: Service) -> None:
    """Start them again, and wait until they are ready. Raises NotRunning."""
    supervision = Supervision(stack)
    for name in reversed(_processes(supervision, service)):
        supervision.start(name)
    out.print(f"{service.name} runs again")


def running_parts(stack: Stack, service: Service) -> list[str]:
    """Return which processes of a service aren't stopped; none where nothing runs at all."""
    try:
        views = {view["name"]: view for view in Supervision(stack).status()}
    except NotRunning:
        return []
    names = [f"{service.name}.{role}" for role in _ORDER]
    return [name for name in names if name in views and views[name]["state"] != "stopped"]


def _processes(supervision: Supervision, service: Service) -> list[str]:
    known = {view["name"] for view in supervision.status()}
    return [name for role in _ORDER if (name := f"{service.name}.{role}") in known]
