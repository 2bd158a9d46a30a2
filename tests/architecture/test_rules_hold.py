"""The product keeps every rule of this folder."""

import pytest

from tests.architecture import effects, imports, shape, vendors
from tests.architecture.source import (
    PRODUCT,
    ROOT,
    Rule,
    Source,
    complaints,
    product,
    python_files,
    texts,
    texts_in,
)

FOR_PRODUCT: list[Rule] = [
    imports.foreign_imports,
    imports.neighbouring_adapters,
    imports.judges_and_judged,
    effects.real_time_and_luck,
    effects.sessions_outside_state,
    effects.requests_outside_http,
    effects.prints,
    effects.input_or_output_at_import,
    effects.asserts,
    effects.broad_excepts,
    effects.coroutine_commands,
]
FOR_ALL_CODE: list[Rule] = [shape.long_files, shape.long_functions]
FOR_PRODUCT_TEXT: list[Rule] = [vendors.vendor_names, shape.unfinished_words]


@pytest.mark.parametrize("rule", FOR_PRODUCT, ids=lambda rule: rule.__name__)
def test_the_product_keeps(rule: Rule) -> None:
    """No file of the product breaks this rule."""
    hold(rule, product())


@pytest.mark.parametrize("rule", FOR_ALL_CODE, ids=lambda rule: rule.__name__)
def test_all_code_keeps(rule: Rule) -> None:
    """No file of the product, its tests or its benchmarks breaks this rule."""
    hold(rule, python_files(*PRODUCT, "tests", "benchmarks"))


@pytest.mark.parametrize("rule", FOR_PRODUCT_TEXT, ids=lambda rule: rule.__name__)
def test_all_that_ships_keeps(rule: Rule) -> None:
    """Neither code nor data that ships breaks this rule."""
    hold(rule, texts(*PRODUCT))


def test_nothing_names_a_package_index() -> None:
    """The whole repository leaves the choice of an index to the machine it is set up on."""
    hold(shape.index_hosts, committed())


def committed() -> list[Source]:
    """Every text file that a clone holds."""
    folders = (*PRODUCT, "tests", "benchmarks", "deploy", "docs", "requirements", ".ci")
    return [*texts_in(ROOT), *texts(*folders)]


def hold(rule: Rule, sources: list[Source]) -> None:
    """Fail with every complaint, one a line."""
    found = complaints(rule, sources)
    if found:
        pytest.fail("\n".join([f"{rule.__name__}: {len(found)}", *found]), pytrace=False)
