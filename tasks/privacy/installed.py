"""Whether the gate on private data can run: where not, `python -m tasks.privacy.installed` says so and ends with 1.

It loads none of the gate's packages.
"""

import sys
from importlib.util import find_spec

MISSING = (
    "privacy is not checked: `pip install '.[privacy]'`, then `make privacy` counts what looks like names, numbers and "
    "addresses before you push or publish"
)


def is_installed() -> bool:
    """Return whether `pip install .[privacy]` has brought what the gate needs."""
    return find_spec("presidio_analyzer") is not None


if __name__ == "__main__" and not is_installed():
    print(MISSING)
    sys.exit(1)
