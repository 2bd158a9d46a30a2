"""Stub."""

from collections.abc import Sequence

from adapters.contract import Verb
from adapters.exchange import Json
from adapters.salesforce.connection import SalesforceConnection
from adapters.salesforce.drafts import Draft


async def send(
    connection: SalesforceConnection, verb: Verb, drafts: Sequence[Draft]
) -> list[Json | None]:
    raise ValueError
