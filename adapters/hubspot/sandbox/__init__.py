"""A HubSpot to test against: a stateful emulator over HTTP, with its own store and its own rules.

It shares no line with the adapter it is there to judge. Rules and their sections in the vendor
reference: path families (2.2), write validation (2.4), tokens and scopes (3.3), record shape (5),
single and batch calls (6), errors (7), limits (8), search (9), listing (10), archive and merge (11),
history (12), properties and values (13), contact rules (17), erasure (18.3), owners (19.1).

Not emulated: OAuth, associations, lists, campaigns, subscriptions, webhooks, imports, exports, and
object types other than contacts. `docs/sandbox-hubspot.md` tells how to use it.
"""

from adapters.hubspot.sandbox.running import Sandbox, run_sandbox, serve
from adapters.hubspot.sandbox.settings import (
    AccountSettings,
    ConditionalRequirement,
    Limits,
    PartialEmailUpsert,
    SandboxSettings,
    SearchLag,
    Switches,
    TokenSettings,
    WriteValidation,
)

__all__ = [
    "AccountSettings",
    "ConditionalRequirement",
    "Limits",
    "PartialEmailUpsert",
    "Sandbox",
    "SandboxSettings",
    "SearchLag",
    "Switches",
    "TokenSettings",
    "WriteValidation",
    "run_sandbox",
    "serve",
]
