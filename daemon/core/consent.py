"""Consent: which fields are opt-outs, and what tightens them (R15, I8).

Takes rules and values; gives claims about them. Pure.
"""

from collections.abc import Sequence
from functools import lru_cache

from daemon.core.facts import rule_key
from daemon.core.field_names import plain_name
from daemon.core.field_rules import FieldRule
from daemon.core.normalize import comparable
from daemon.core.operation import Copy
from daemon.core.synonyms import SYNONYMS
from daemon.core.values import FieldKind, Value

OPT_OUT = "opt_out"
"""Canonical name of a field that says who wants no more mail."""

_NAMES = frozenset(plain_name(name) for name in (OPT_OUT, *SYNONYMS[OPT_OUT]))

_NOT_OUT = frozenset({"subscribed", "active", "aktiv", "angemeldet", "never", "none", "na", ""})
"""What lists write where nobody opted out, beside no and false."""


def is_opt_out(rule: FieldRule) -> bool:
    """Tell whether a rule is about an opt-out, by what it stands for or what its fields are called.

    A field an operator paired by hand is known by its name.
    """
    return rule.canonical == OPT_OUT or _is_name(rule.source) or _is_name(rule.crm)


@lru_cache(maxsize=4096)
def _is_name(name: str) -> bool:
    return plain_name(name) in _NAMES


def opt_outs(rules: Sequence[FieldRule]) -> frozenset[str]:
    """Return the keys of the rules that are about opt-outs."""
    return frozenset(rule_key(rule) for rule in rules if is_opt_out(rule))


def is_opted_out(value: Value) -> bool:
    """Tell whether the value of an opt-out field says that somebody opted out.

    Anything but an empty cell and a no does: lists write a yes, a cross, a date or a reason there.
    """
    if comparable(FieldKind.BOOL, value) in {None, False}:
        return False
    text = str(value).casefold()
    return value is True or "".join(letter for letter in text if letter.isalnum()) not in _NOT_OUT


def tightens(copy: Copy, consent: frozenset[str]) -> bool:
    """Tell whether a copy carries an opt-out to where it is not known yet."""
    return copy.rule in consent and is_opted_out(copy.value) and not is_opted_out(copy.before)
