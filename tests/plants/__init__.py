"""Planted bugs: whether the suite finds what it is there for."""
