"""Tryton: parties and opportunities over JSON-RPC."""
