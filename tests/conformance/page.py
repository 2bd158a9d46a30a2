"""docs/conformance.md, written from what cases and harnesses declare: nothing is run for it.

``python -m tests.conformance --write`` after a change of a case or of a declaration.
"""

from pathlib import Path

from tests.conformance.cases import cases, declaration_of, own_names
from tests.conformance.table import as_markdown, table_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "conformance.md"

HEAD = """# What every adapter keeps

The contract (`adapters/contract.py`) as cases, faults included, and the adapters that are held to them.
Written by `python -m tests.conformance --write` from what the suite declares; do not edit.
`make conformance` runs every cell: real files, real HTTP on this machine, a real server where there is one.

✓ the case holds there · a letter: it does not concern that adapter, for the reason below the table. A case is
passed by for no other reason: what an adapter's capabilities claim has to be tried.
"""

TAIL = """
## The suite on an adapter of your own

An adapter may live in a distribution of its own: it is found by the entry-point group `crmsyncd.adapters`
([CONTRIBUTING.md](../CONTRIBUTING.md#adding-an-adapter)). The suite runs on it from a clone of this repository,
with your package installed into the clone's environment:

```console
$ make setup
$ .venv/bin/python -m pip install --editable ../acme-crm
$ .venv/bin/python -m tests.conformance --adapter acme_crm.conformance
```

`acme_crm.conformance` is a module of yours with two names:

- `open_harness(folder)`, an asynchronous context manager that gives a `Harness` (`tests/conformance/harness.py`):
  the adapter, opened and prepared on an empty end, and the hands of a person on that end;
- `DECLARATION`, a `Declaration` (`tests/conformance/cases.py`): title, capabilities, the causes the harness can bring
  about, and those that are impossible at your end, each with its reason. With `word` set to your `type:`, a case sees
  to it that the entry point leads to your adapter.

`--declared` shows the table without running anything. `tests/conformance/wire.py` is a net that loses, cuts, delays
and rewrites what goes over HTTP; `harness_hubspot.py` shows its use, `harness_memory.py` a harness without one.
`--adapter` may be given several times, `--json` prints the table for programs, and the exit code is 1 where a case
fails.
"""


def page() -> str:
    """Return the page as it is to stand there."""
    declarations = {name: declaration_of(name) for name in own_names()}
    return f"{HEAD}\n{as_markdown(table_of(declarations, cases()))}\n{TAIL}"
