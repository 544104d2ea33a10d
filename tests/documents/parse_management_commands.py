"""Have a service's own parsers read management commands, which come as a list in JSON on standard input.

`python -m tests.documents.parse_management_commands orders` prints a list in JSON: for each, what is wrong,
or an empty text. A command that isn't there is wrong too. Where an argument is left open (`…`), the options
count.
"""

import argparse
import json
import os
import sys


def main(service: str) -> None:
    """Set the service up and parse."""
    os.environ["DJANGO_SETTINGS_MODULE"] = f"{service}_service.config.settings"
    import django

    django.setup()
    problems = [problem(command) for command in json.load(sys.stdin)]
    os.write(1, json.dumps(problems).encode())


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
        text = _innermost(parser, arguments).format_help()
        return " ".join(one for one in options if one not in text)
    try:
        parser.parse_args(arguments)
    except CommandError as error:
        return str(error)
    return ""


def _innermost(parser: argparse.ArgumentParser, words: list[str]) -> argparse.ArgumentParser:
    """Return the parser of the subcommand that the words begin with, or the command's own."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction) and words[0] in action.choices:
            return _innermost(action.choices[words[0]], words[1:])
    return parser


if __name__ == "__main__":
    main(sys.argv[1])
