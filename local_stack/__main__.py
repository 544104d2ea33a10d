"""`python -m local_stack`: what `manage_all.py` hands over to."""

import sys

_INTERRUPTED = 130


def main() -> int:
    """Run the command line and return its exit code."""
    try:
        # Imported here, so that Ctrl-C in the first moment isn't answered with a traceback either.
        from local_stack import cli

        return cli.main()
    except KeyboardInterrupt:
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
