"""`python -m adapters.sandbox KIND --port 0 --records 100 --seed 1 [--state FILE]`."""

import argparse
import sys
from pathlib import Path

from adapters.sandbox import known_sandboxes, serve_sandbox


def main() -> int:
    """Read the arguments, serve, and say on stderr why it could not."""
    parser = argparse.ArgumentParser(prog="python -m adapters.sandbox", description=__doc__)
    parser.add_argument("kind", help=f"one of: {', '.join(known_sandboxes())}")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--records", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--state", type=Path, default=None, help="file to load from and save to")
    given = parser.parse_args()
    try:
        serve_sandbox(
            given.kind,
            port=given.port,
            records=given.records,
            seed=given.seed,
            state=given.state,
        )
    except (ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
