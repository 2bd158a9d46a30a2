"""``mapping`` and ``validate``: look at fields and values before anything is written."""

import asyncio
from pathlib import Path

from daemon.cli.opening import a_workspace, configuration
from daemon.cli.output import out, print_json, table
from daemon.use_cases import inspecting as use_case
from daemon.use_cases.inspecting import PairMapping, Validation
from daemon.use_cases.oneoff import Unusable

NOTHING_READ = "No record was read yet. Read them without writing: crmsyncd plan {sync}"


def mapping(*, sync: str, config: Path, state: str, as_json: bool) -> None:
    """Show how the fields of a sync belong together."""

    async def work() -> list[PairMapping]:
        async with a_workspace(loaded, state) as workspace:
            return await use_case.mapping(workspace, sync)

    loaded = configuration(config, state)
    _require(sync, sorted(loaded.syncs), config)
    found = asyncio.run(work())
    if as_json:
        print_json(found)
        return
    for pair in found:
        _show_mapping(pair, sync)


def _require(sync: str, known: list[str], config: Path) -> None:
    if sync not in known:
        raise Unusable(f"{config} has no sync {sync!r}. It has: {', '.join(known) or 'none'}.")


def _show_mapping(found: PairMapping, sync: str) -> None:
    table(
        f"Mapping of {found.pair}",
        ["source", "for example", "CRM", "for example", "as", "direction", "policy", "found by",
         "score"],
        [
            [one.source, ", ".join(one.source_samples), one.crm, ", ".join(one.crm_samples),
             one.kind, one.direction, one.policy, one.how, f"{one.score:.2f}"]
            for one in found.fields
        ],
    )  # fmt: skip
    table(
        "What a pair cannot carry",
        ["source", "CRM", "to", "why"],
        [[one.source, one.crm, one.to, one.why] for one in found.lossy],
    )
    if found.unmapped_source:
        out.print(f"Go nowhere: {', '.join(found.unmapped_source)}", markup=False)
    if found.unmapped_required:
        names = ", ".join(found.unmapped_required)
        out.print(f"Needed by new records and filled by nothing: {names}", markup=False)
    if not any(found.records.values()):
        out.print(NOTHING_READ.format(sync=sync))


def validate(*, sync: str, limit: int, config: Path, state: str, as_json: bool) -> None:
    """Show what is wrong with the records of a sync."""

    async def work() -> Validation:
        async with a_workspace(loaded, state) as workspace:
            return await use_case.validation(workspace, sync, limit=limit)

    loaded = configuration(config, state)
    _require(sync, sorted(loaded.syncs), config)
    found = asyncio.run(work())
    if as_json:
        print_json(found)
    else:
        _show_validation(found)


def _show_validation(found: Validation) -> None:
    if not found.records:
        out.print(NOTHING_READ.format(sync=found.sync))
        return
    table(
        "Findings",
        ["side", "record", "field", "rule", "holds back", "looks like", "why", "offered"],
        [
            [one.side, one.record, one.field, one.rule, one.severity, one.value_class,
             one.message, one.suggestion]
            for one in found.findings
        ],
    )  # fmt: skip
    table(
        "Dates that do not begin with the year",
        ["side", "field", "orders", "mixed"],
        [
            [one.side, one.field,
             ", ".join(f"{order} {number}" for order, number in one.orders.items()),
             "yes" if one.is_mixed else ""]
            for one in found.date_columns
        ],
    )  # fmt: skip
    total = sum(found.totals.values())
    out.print(f"{total} findings in {found.records} records, {len(found.findings)} shown.")
