"""``python -m benchmarks.validation``: how fast addresses and phone numbers are judged.

The figure is a ratio within one run: records a second with all of our rules (damage, conversion to
what the CRM is written with, desks, throw-away hosts, suggestions) over records a second of
``email-validator`` and ``phonenumbers`` alone, on the same records. Our caches start empty.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from random import Random

import orjson
import phonenumbers
from email_validator import EmailNotValidError, validate_email

from daemon.core.field_rules import Direction, FieldRule, How, Policy
from daemon.core.schema import Field
from daemon.core.validate import validate
from daemon.core.values import FieldKind

PROMISED = 0.8
"""Least speed, as a part of that of the two packages alone."""
REGION = "DE"
BROKEN = 0.03
"""Part of the records in which either value is wrong."""

Row = tuple[str, str]


def rows(number: int, seed: int = 1) -> list[Row]:
    """Return addresses and numbers: one in three at a large provider, the others at companies."""
    luck = Random(seed)
    found = []
    for place in range(number):
        host = luck.choice(("gmail.com", "gmx.de", "outlook.com", "web.de"))
        if luck.random() > 1 / 3:
            host = f"company{luck.randrange(max(number // 5, 1))}.example.com"
        email = f"first{place}.last@{host}"
        phone = f"+49 171 {luck.randrange(10**6, 10**7)}"
        if luck.random() < BROKEN:
            email, phone = email.replace("@", " at "), "none"
        elif luck.random() < 1 / 2:
            phone = f"030 {luck.randrange(10**6, 10**7)}"
        found.append((email, phone))
    return found


def by_packages(some: Sequence[Row]) -> int:
    """Judge with the two packages alone, as their documents do; return how many rows are good."""
    good = 0
    for email, phone in some:
        try:
            validate_email(email, check_deliverability=False)
            number = phonenumbers.parse(phone, REGION)
        except (EmailNotValidError, phonenumbers.NumberParseException):
            continue
        if phonenumbers.is_possible_number(number):
            phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            good += 1
    return good


def by_us(some: Sequence[Row]) -> int:
    """Judge with all rules of ours; return how many rows are good."""
    rules = [_rule("email", FieldKind.EMAIL), _rule("phone", FieldKind.PHONE)]
    key = frozenset({"email"})
    return sum(
        not validate(
            str(place), {"email": email, "phone": phone}, rules, identity=key, region=REGION
        )
        for place, (email, phone) in enumerate(some)
    )


def _rule(name: str, kind: FieldKind) -> FieldRule:
    return FieldRule(
        source=name,
        crm=name,
        canonical=name,
        kind=kind,
        direction=Direction.BOTH,
        policy=Policy.MOST_RECENT,
        source_field=Field(name=name, label=name, kind=FieldKind.TEXT),
        crm_field=Field(name=name, label=name, kind=kind),
        how=How.STANDARD,
        score=1.0,
    )


def _timed(work: Callable[[Sequence[Row]], int], some: Sequence[Row]) -> tuple[int, float]:
    start = time.process_time()
    good = work(some)
    return good, time.process_time() - start


def measure(number: int) -> dict[str, float]:
    """Judge *number* records both ways."""
    some = rows(number)
    by_packages(some[:10]), by_us(some[:10])  # load what is loaded late
    good, alone = _timed(by_packages, some)
    ours, spent = _timed(by_us, some)
    return {
        "records": number,
        "good_by_packages": good,
        "good_by_us": ours,
        "packages_per_second": round(number / alone),
        "ours_per_second": round(number / spent),
        "ratio": round(alone / spent, 2),
        "promised": PROMISED,
    }


def main() -> int:
    """Read the arguments, measure, print one line of JSON; fail below what is promised."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.validation", description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    told = measure(parser.parse_args().records)
    sys.stdout.buffer.write(orjson.dumps(told) + b"\n")
    return 0 if told["ratio"] >= PROMISED else 1


if __name__ == "__main__":
    sys.exit(main())
