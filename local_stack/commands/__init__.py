"""The commands of `./manage_all.py` that run a system: a module each, with its arguments and its action.

`local_stack.cli` finds every module here and in `commands` of `inspection`, `deploy`, `tests`, `scaffold`. A
module's name is the command's, its docstring's first line the command's help. It offers `run(options)`, which
returns the exit code, and if need be `add_arguments(parser)` and `lock_of(options)` (see
`requirements.locks`; else `run`). What it imports at its top is standard library only, so that `--help` works
before anything is installed.
"""
