"""The page of regulations and the schema of their files, written from the data so they stay true.

Takes the regulations; gives ``regulations.md`` and ``regulation.schema.json``. A test compares the
committed files with fresh ones.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson

from daemon.core.compliance.jurisdiction import Book
from daemon.core.compliance.regulation import Messaging, Night, Regulation, Relief, Rule

PAGE_FILE = "regulations.md"
SCHEMA_FILE = "regulation.schema.json"
MARK = " ○"

_INTRODUCTION = """\
# Regulations

What each regulation is taken to ask for, and where it is written. Written from the files in
`config/compliance/` by `python -m tests.config.write_reference`; do not edit.

These are defaults for a machine's gate and no legal advice. A line marked ○ is general knowledge of the text that was
not read again: confirm it before relying on it. Every finding that rests on such a line says so too (`verify`). The
mark is about what a line says; article numbers are there to find the place, and were not all looked up.
[compliance.md](compliance.md) tells how they are applied.
"""


def write_regulations(folder: Path, book: Book) -> list[Path]:
    """Write the page and the schema into *folder*; return the files."""
    page, schema = folder / PAGE_FILE, folder / SCHEMA_FILE
    page.write_text(page_text(book), encoding="utf-8")
    schema.write_bytes(schema_bytes())
    return [page, schema]


def schema_bytes() -> bytes:
    """Return the JSON Schema of a regulation's file."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Regulation.model_json_schema(),
        "title": "crmsyncd regulation",
    }
    return orjson.dumps(schema, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def page_text(book: Book) -> str:
    """Return all regulations as Markdown."""
    return "\n".join([_INTRODUCTION, *(_section(one) for one in book.regulations)])


def _section(regulation: Regulation) -> str:
    rows = [f"| {what} | {says} | {article} |" for what, says, article in _rows(regulation)]
    later = "; ".join(f"{market} from {day}" for market, day in regulation.later.items())
    markets = ", ".join(regulation.markets) + (f"; {later}" if later else "")
    notes = [f"- {note.text}{MARK if note.verify else ''}" for note in regulation.notes]
    table = ["| about | says | article |", "|---|---|---|", *rows, ""]
    lines = [f"## `{regulation.id}`: {regulation.name}", "", f"Markets: {markets}.", "", *table]
    return "\n".join([*lines, *notes, *([""] if notes else [])])


_Row = tuple[str, str, str]


def _rows(regulation: Regulation) -> Iterator[_Row]:
    basis = _listed(regulation.basis.any_of) or "none is needed"
    yield _row("lawful basis", basis, regulation.basis)
    for needed in regulation.messaging:
        yield _row(f"message by {_listed(needed.channels)}", _mode(needed), needed)
    for relief in regulation.reliefs:
        yield _row(f"exception: {relief.kind.value}", _relief(relief), relief)
    yield from _consent_rows(regulation)
    yield from _person_rows(regulation)
    for keep in regulation.keeps:
        yield _row("records to keep", f"{keep.what}: {keep.months} months at least", keep)


def _consent_rows(regulation: Regulation) -> Iterator[_Row]:
    if (proof := regulation.proof) is not None:
        says = f"required: {_listed(proof.required)}"
        says += f"; expected: {_listed(proof.expected)}" if proof.expected else ""
        yield _row("proof of consent", says, proof)
    if (double := regulation.double_opt_in) is not None:
        yield _row("double opt-in", f"expected in {', '.join(double.markets)}", double)
    if (renewal := regulation.renewal) is not None:
        yield _row("lifetime of consent", f"confirmed every {renewal.months} months", renewal)
    if (asking := regulation.asking) is not None:
        says = f"not again for {asking.months} months" if asking.months else "once only"
        yield _row("asking for consent", says, asking)


def _person_rows(regulation: Regulation) -> Iterator[_Row]:
    stop = regulation.stop
    says = f"within {stop.within} {stop.unit.value.replace('_', ' ')}" if stop.within else "at once"
    says += f"; the way to refuse works for {stop.link_alive_days} days" * bool(
        stop.link_alive_days
    )
    yield _row("refusal takes effect", says, stop)
    if (minors := regulation.minors) is not None:
        other = ", ".join(f"{market} {age}" for market, age in minors.by_market.items())
        says = f"under {minors.under} only with a parent's consent" + (f" ({other})" * bool(other))
        yield _row("minors", says, minors)
    for night in regulation.nights:
        yield _row(f"quiet hours: {_listed(night.channels)}", _night(night), night)
    if regulation.sale is not None:
        yield _row("sale and sharing", "may be refused", regulation.sale)
    if (answer := regulation.answer) is not None:
        yield _row("requests of people", f"answered within {answer.days} days", answer)
    if (keep := regulation.retention) is not None:
        yield _row("retention", f"{keep.months} months after the last sign of the person", keep)


def _row(what: str, says: str, rule: Rule) -> _Row:
    return what, says, f"{rule.article}{MARK if rule.verify else ''}"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _mode(needed: Messaging) -> str:
    valid = f", valid for {needed.valid_days} days" if needed.valid_days else ""
    return f"`{needed.mode.value}`{valid}"


def _relief(relief: Relief) -> str:
    parts = [
        f"by {_listed(relief.channels)}" if relief.channels else "",
        f"relation {_listed(relief.relations)}" if relief.relations else "",
        f"for {relief.months} months" if relief.months else "",
        f"needs {_listed(relief.needs)}" if relief.needs else "",
        f"in {', '.join(relief.markets)}" if relief.markets else "",
    ]
    return "; ".join(part for part in parts if part)


def _night(night: Night) -> str:
    lifted = ", unless an extra consent lifts it" if night.is_lifted_by_consent else ""
    return f"{night.begins:%H:%M} to {night.ends:%H:%M} where the person is{lifted}"
