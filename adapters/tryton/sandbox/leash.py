"""Runs a program for as long as our standard input stays open: whoever started us may be killed.

Started by path, so it may import nothing of ours.
"""

import subprocess
import sys


def main() -> int:
    """Start the program named by the arguments, wait for the end of input, end the program."""
    with subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL) as program:  # noqa: S603 - ours
        sys.stdin.buffer.read()
        program.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
