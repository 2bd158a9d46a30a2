"""What must survive a restart; the only package that opens a session on it."""
