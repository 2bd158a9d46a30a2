"""Every rule is able to fail: each is shown what it must catch, and its neighbour that it must not."""

import pytest

from tests.architecture import effects, imports, shape, vendors
from tests.architecture.source import Rule, Source

# A rule, where the snippet stands, and the snippet.
BAD: list[tuple[Rule, str, str]] = [
    (imports.foreign_imports, "daemon/core/plan.py", "import adapters.contract"),
    (imports.foreign_imports, "daemon/core/plan.py", "from daemon import clock"),
    (imports.foreign_imports, "daemon/core/plan.py", "def f():\n    from state import links"),
    (imports.foreign_imports, "daemon/clock.py", "from daemon.core.record import Record"),
    (imports.foreign_imports, "adapters/http.py", "from config.model import Snapshot"),
    (imports.foreign_imports, "adapters/http.py", "from daemon.flow import apply"),
    (imports.foreign_imports, "state/tables.py", "from ..adapters import contract"),
    (imports.foreign_imports, "config/load.py", "import daemon"),
    (imports.foreign_imports, "daemon/flow/apply.py", "from daemon.cycle import run"),
    (imports.foreign_imports, "daemon/flow/apply.py", "from ..cycle import run"),
    (imports.foreign_imports, "daemon/use_cases/plan.py", "from daemon.service import app"),
    (imports.foreign_imports, "daemon/unheard_of.py", "import state"),
    (imports.foreign_imports, "daemon/service/app.py", "from tests import postgres"),
    (imports.neighbouring_adapters, "adapters/csv_file/kind.py", "import adapters.hubspot.kind"),
    (imports.neighbouring_adapters, "adapters/csv_file/kind.py", "from adapters import hubspot"),
    (imports.neighbouring_adapters, "adapters/http.py", "from adapters.hubspot import codec"),
    (imports.judges_and_judged, "adapters/hubspot/sandbox/a.py", "from adapters.hubspot import a"),
    (imports.judges_and_judged, "adapters/hubspot/sandbox/a.py", "import adapters.hubspot.codec"),
    (imports.judges_and_judged, "adapters/hubspot/a.py", "from adapters.hubspot.sandbox import b"),
    (imports.judges_and_judged, "adapters/hubspot/a.py", "from adapters.sandbox import clock"),
    (shape.long_files, "state/tables.py", "x = 1\n" * 401),
    (shape.long_functions, "state/tables.py", "def f():\n" + "    x = 1\n" * 50),
    (shape.long_functions, "state/tables.py", "class C:\n  async def f():\n" + "    x = 1\n" * 50),
    (shape.unfinished_words, "config/load.py", "# TO" + "DO: later"),
    (shape.unfinished_words, "config/load.py", "raise NotImplemented" + "Error"),
    (shape.unfinished_words, "config/load.py", '"""Enough for' + ' now."""'),
    (shape.index_hosts, "requirements/dev.txt", "--index-" + "url somewhere"),
    (shape.index_hosts, "docs/notes.md", "see py" + "pi.org"),
    (vendors.vendor_names, "daemon/core/plan.py", "class HubSpotPlan: ..."),
    (vendors.vendor_names, "daemon/core/plan.py", "x = 1  # as Salesforce does"),
    (vendors.vendor_names, "daemon/cli/main.py", "name = 'my_zoho_account'"),
    (vendors.vendor_names, "daemon/flow/pipedrive.py", ""),
    (vendors.vendor_names, "adapters/hubspot/codec.py", "# unlike Pipedrive"),
    (vendors.vendor_names, "config/default.yaml", "type: tryton"),
    (effects.real_time_and_luck, "state/a.py", "from datetime import datetime\ndatetime.now()"),
    (effects.real_time_and_luck, "state/a.py", "import datetime as d\nd.datetime.utcnow()"),
    (effects.real_time_and_luck, "state/a.py", "import datetime\ndatetime.date.today()"),
    (effects.real_time_and_luck, "state/a.py", "import time\nf(default_factory=time.time)"),
    (effects.real_time_and_luck, "state/a.py", "def f():\n    from time import sleep"),
    (effects.real_time_and_luck, "state/a.py", "import time as t\nt.perf_counter_ns()"),
    (effects.real_time_and_luck, "state/a.py", "import asyncio\nasyncio.sleep(1)"),
    (effects.real_time_and_luck, "state/a.py", "from asyncio import sleep\nsleep(0.1)"),
    (effects.real_time_and_luck, "state/a.py", "import asyncio\nasyncio.get_running_loop().time()"),
    (effects.real_time_and_luck, "state/a.py", "import random\nrandom.choice([1])"),
    (effects.real_time_and_luck, "state/a.py", "import random\nrandom.SystemRandom()"),
    (effects.real_time_and_luck, "state/a.py", "from random import Random\nRandom()"),
    (effects.real_time_and_luck, "state/a.py", "from uuid import uuid4"),
    (effects.real_time_and_luck, "state/a.py", "import secrets\nsecrets.token_hex()"),
    (effects.real_time_and_luck, "state/a.py", "import os\nos.urandom(8)"),
    (effects.sessions_outside_state, "daemon/a.py", "import sqlite3\nsqlite3.connect('x')"),
    (effects.sessions_outside_state, "adapters/a.py", "import psycopg as p\np.connect('x')"),
    (
        effects.sessions_outside_state,
        "daemon/a.py",
        "from sqlalchemy import create_engine\ncreate_engine('x')",
    ),
    (effects.sessions_outside_state, "config/a.py", "from sqlmodel import Session\nSession(e)"),
    (effects.requests_outside_http, "adapters/a.py", "import aiohttp\naiohttp.ClientSession()"),
    (
        effects.requests_outside_http,
        "daemon/a.py",
        "from aiohttp import ClientSession as S\nasync def f():\n    async with S() as s: ...",
    ),
    (
        effects.requests_outside_http,
        "daemon/a.py",
        "import urllib.request\nurllib.request.urlopen('x')",
    ),
    (effects.prints, "daemon/service/app.py", "print('hello')"),
    (effects.prints, "state/a.py", "import sys\nsys.stderr.write('x')"),
    (effects.input_or_output_at_import, "state/a.py", "DATA = open('x').read()"),
    (
        effects.input_or_output_at_import,
        "state/a.py",
        "from pathlib import Path\nclass A:\n    x = Path('a').read_text()",
    ),
    (effects.input_or_output_at_import, "state/a.py", "import sqlite3\nC = sqlite3.connect('x')"),
    (effects.input_or_output_at_import, "state/a.py", "import os\ndef f(x=os.getenv('X')): ..."),
    (effects.input_or_output_at_import, "state/a.py", "import subprocess\nsubprocess.run(['x'])"),
    (effects.input_or_output_at_import, "state/a.py", "if True:\n    open('x')"),
    (effects.asserts, "state/a.py", "def f(x):\n    assert x"),
    (effects.broad_excepts, "state/a.py", "try:\n    f()\nexcept Exception:\n    pass"),
    (effects.broad_excepts, "state/a.py", "try:\n    f()\nexcept:\n    pass"),
    (
        effects.broad_excepts,
        "state/a.py",
        "try:\n    f()\nexcept (ValueError, BaseException):\n    pass",
    ),
    (
        effects.broad_excepts,
        "state/a.py",
        "try:\n    f()\nexcept Exception:  # noqa: BLE001\n    pass",
    ),
    (
        effects.broad_excepts,
        "state/a.py",
        "try:\n    f()\nexcept Exception:  # noqa: BLE001 - ok\n    pass",
    ),
    (effects.coroutine_commands, "daemon/cli/a.py", "@app.command()\nasync def f(): ..."),
    (effects.coroutine_commands, "daemon/cli/a.py", "@app.callback\nasync def f(): ..."),
]

GOOD: list[tuple[Rule, str, str]] = [
    (imports.foreign_imports, "daemon/core/plan.py", "from daemon.core.record import Record"),
    (imports.foreign_imports, "daemon/core/plan.py", "from .record import Record"),
    (imports.foreign_imports, "daemon/flow/apply.py", "from adapters.contract import Adapter"),
    (imports.foreign_imports, "daemon/flow/apply.py", "from daemon import clock"),
    (imports.foreign_imports, "adapters/http.py", "from daemon.clock import Clock"),
    (imports.foreign_imports, "daemon/cycle.py", "from daemon.flow import apply"),
    (imports.neighbouring_adapters, "adapters/hubspot/kind.py", "from adapters import http"),
    (imports.neighbouring_adapters, "adapters/hubspot/kind.py", "from adapters.hubspot import a"),
    (imports.judges_and_judged, "adapters/hubspot/sandbox/a.py", "import adapters.sandbox.clock"),
    (imports.judges_and_judged, "adapters/hubspot/sandbox/a.py", "import adapters.http"),
    (imports.judges_and_judged, "adapters/hubspot/sandbox/a.py", "from daemon.clock import Clock"),
    (imports.judges_and_judged, "daemon/cli/a.py", "from adapters.sandbox import serve_sandbox"),
    (shape.long_files, "state/tables.py", "x = 1\n" * 400),
    (shape.long_functions, "state/tables.py", "def f():\n" + "    x = 1\n" * 49),
    (shape.unfinished_words, "config/load.py", "mastodon, stubborn"),
    (vendors.vendor_names, "adapters/hubspot/codec.py", "HUBSPOT = 'HubSpot'"),
    (vendors.vendor_names, "config/examples/pipedrive.yaml", "type: pipedrive"),
    (effects.real_time_and_luck, "daemon/clock.py", "import time\ntime.time()"),
    (effects.real_time_and_luck, "state/a.py", "import random\nrandom.Random(7)"),
    (effects.real_time_and_luck, "state/a.py", "import asyncio\nasyncio.sleep(0)"),
    (effects.real_time_and_luck, "state/a.py", "clock.now()\nrecord.time\nsecrets.items()"),
    (effects.real_time_and_luck, "state/a.py", "import uuid\nuuid.uuid5(a, 'b')"),
    (effects.sessions_outside_state, "state/a.py", "import sqlite3\nsqlite3.connect('x')"),
    (effects.requests_outside_http, "adapters/http.py", "import aiohttp\naiohttp.ClientSession()"),
    (effects.requests_outside_http, "adapters/a.py", "def f(requests):\n    requests.get('x')"),
    (effects.prints, "daemon/cli/report.py", "print('hello')"),
    (effects.input_or_output_at_import, "state/a.py", "def f():\n    return open('x')"),
    (effects.input_or_output_at_import, "state/a.py", "if __name__ == '__main__':\n    open('x')"),
    (effects.broad_excepts, "state/a.py", "try:\n    f()\nexcept ValueError:\n    pass"),
    (effects.broad_excepts, "state/a.py", "try:\n    f()\nexcept BaseException:\n    raise"),
    (
        effects.broad_excepts,
        "state/a.py",
        "try:\n    f()\nexcept Exception:  # noqa: BLE001 - the edge of a record\n    pass",
    ),
    (effects.coroutine_commands, "daemon/cli/a.py", "@app.command()\ndef f(): ..."),
    (effects.coroutine_commands, "daemon/service/a.py", "@cache\nasync def f(): ..."),
]


def _label(value: object) -> str:
    return getattr(value, "__name__", "")


@pytest.mark.parametrize(("rule", "path", "text"), BAD, ids=_label)
def test_a_rule_catches(rule: Rule, path: str, text: str) -> None:
    """The rule complains, and names the file."""
    found = rule(Source(path, text))

    assert found
    assert all(complaint.startswith(f"{path}:") for complaint in found)


@pytest.mark.parametrize(("rule", "path", "text"), GOOD, ids=_label)
def test_a_rule_lets_pass(rule: Rule, path: str, text: str) -> None:
    """The rule has nothing to say."""
    assert [] == rule(Source(path, text))
