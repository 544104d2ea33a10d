"""The subcommands of `manage events`, one module each; `commands.events` lists them.

A module's docstring is its help: the first line in the list of subcommands, all of it in its own `--help`. It
has `add_arguments(parser)`, and `run(options, out)`, which raises CommandError and django.db.Error.
"""
