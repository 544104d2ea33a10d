"""The gateway: Caddy from the wheel, with the same Caddyfile as anywhere else."""

import sys
from pathlib import Path

from local_stack.environment import base_environment
from local_stack.stack import REPOSITORY, Stack


def command(stack: Stack) -> tuple[str, ...]:
    """Return the command line of the gateway."""
    program = Path(sys.executable).with_name("caddy")
    return (
        str(program),
        "run",
        "--config",
        str(REPOSITORY / stack.system.caddyfile),
        "--adapter",
        "caddyfile",
    )


def environment(stack: Stack) -> dict[str, str]:
    """Return the addresses that the Caddyfile leaves open."""
    home = stack.run_dir / "caddy"
    upstreams = {
        f"{service.name.upper()}_UPSTREAM": f"127.0.0.1:{stack.ports[service.name]}"
        for service in stack.system.web
    }
    return (
        base_environment()
        | upstreams
        | {
            "GATEWAY_SITE": f"http://:{stack.ports['gateway']}",
            "GATEWAY_ORIGIN": stack.url,
            "GATEWAY_BIND": "127.0.0.1",
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home),
            "XDG_DATA_HOME": str(home),
        }
    )
