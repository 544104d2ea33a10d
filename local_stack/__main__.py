"""`python -m local_stack`: what `manage_all.py` hands over to."""

import signal
import sys

_INTERRUPTED = 130


def main() -> int:
    """Run the command line and return its exit code."""
    try:
        # As `manage_all.py` has kept it back.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        # Imported here, so that Ctrl-C in the first moment isn't answered with a traceback either.
        from local_stack import cli

        return cli.main()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print("\nInterrupted. Run the same command again to go on.", file=sys.stderr)
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
