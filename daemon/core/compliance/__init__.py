"""Compliance: whether a person's record may be stored and moved, and whether it may be messaged.

Takes what a record says of its person and the regulations as data; gives verdicts with their rule,
article and remedy. Pure, and no legal advice: defaults for a machine's gate.
"""
