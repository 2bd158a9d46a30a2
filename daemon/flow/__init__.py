"""The effects of a cycle, one step a file."""
