"""Look for what is wrong, say how to mend it, and advise; exit code 1 when something is wrong."""

import argparse

from local_stack.arguments import add_example

add_arguments = add_example


def run(options: argparse.Namespace) -> int:
    """Print every finding."""
    from inspection.doctor import doctor

    return doctor(options.run_dir)
