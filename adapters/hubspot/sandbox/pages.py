"""pages"""

from aiohttp import web

from adapters.hubspot.sandbox.account import Account
from adapters.sandbox.calls import CallCounter


def add_pages(app: web.Application, account: Account, calls: CallCounter) -> None:
    """Later."""
