"""Leads and contacts together in a Salesforce sandbox: people are put there as contacts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.conformance import harness_salesforce
from tests.conformance.harness_salesforce import PEOPLE_DECLARATION, SalesforceHarness
from tests.salesforce.sandboxes import PEOPLE

DECLARATION = PEOPLE_DECLARATION


@asynccontextmanager
async def open_harness(folder: Path) -> AsyncIterator[SalesforceHarness]:
    async with harness_salesforce.open_harness(folder, PEOPLE) as harness:
        yield harness
