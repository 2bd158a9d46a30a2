"""A Salesforce to test against: a stateful emulator over HTTP, with its own store and its own rules.

It shares no line with the adapter it is there to judge. Rules and their sections in the vendor
reference: OAuth and sessions (1), versions (2), describe and person accounts (3), SOQL (4), single records and upsert (5),
Collections (6), Composite (7), Bulk 2.0 (8), replication (9.4), deletes, merges and conversion (10),
conditional requests and field history (11), errors (14), limits (15), ids (16), objects (17), value
formats (19).

Not emulated: change data capture, SOAP, sub-selects and GROUP BY, sharing by user.
`docs/sandbox-salesforce.md` tells how to use it.
"""

from adapters.salesforce.sandbox.running import Sandbox, run_sandbox, serve
from adapters.salesforce.sandbox.settings import (
    BulkTiming,
    Limits,
    OrgSettings,
    SandboxSettings,
    Switches,
)

__all__ = [
    "BulkTiming",
    "Limits",
    "OrgSettings",
    "Sandbox",
    "SandboxSettings",
    "Switches",
    "run_sandbox",
    "serve",
]
