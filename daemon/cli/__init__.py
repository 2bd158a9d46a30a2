"""The command line, one of the doors over the use cases."""
