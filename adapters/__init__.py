"""Everything that knows a vendor or a file format, and nothing else does."""
