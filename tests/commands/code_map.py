"""Write the map of the code, docs/reference/code-map.md, from the sources and the import rules."""

import argparse


def run(_: argparse.Namespace) -> int:
    """Write the page."""
    from tests.architecture.code_map import PAGE, page

    PAGE.write_text(page())
    return 0
