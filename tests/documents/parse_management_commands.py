"""Have a service's own parsers read management commands, which come as a list in JSON on standard input.

`python -m tests.documents.parse_management_commands orders` prints a list in JSON: for each, what is wrong,
or an empty text. A command that isn't there is wrong too. Where an argument is left open (`…`), the options
count.
"""

import json
import os
import sys


def main(service: str) -> None:
    """Set the service up and parse."""
    os.environ["DJANGO_SETTINGS_MODULE"] = f"{service}_service.config.settings"
    import django

    django.setup()
    told = [problem(command) for command in json.load(sys.stdin)]
    os.write(1, json.dumps(told).encode())


def problem(command: list[str]) -> str:
    """Return why a command can't be run, or an empty text."""
    from django.core.management import CommandError, get_commands, load_command_class

    name, *arguments = command
    app = get_commands().get(name)
    if app is None:
        return f"there is no command {name}"
    assert isinstance(app, str)
    parser = load_command_class(app, name).create_parser("manage.py", name)
    if "…" in arguments:
        options = [word for word in arguments if word.startswith("--")]
        return " ".join(one for one in options if one not in parser.format_help())
    try:
        parser.parse_args(arguments)
    except CommandError as error:
        return str(error)
    return ""


if __name__ == "__main__":
    main(sys.argv[1])
