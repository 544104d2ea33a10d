"""`python -m local_stack`: what `manage_all.py` hands over to."""

import sys

from local_stack.cli import main

sys.exit(main())
