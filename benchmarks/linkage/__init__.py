"""How well and how fast duplicates are found, beside two packages made for it."""
