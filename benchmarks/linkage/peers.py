"""The two packages beside which we are measured, set up as their own documentation does it.

Each takes the records of a data set and the columns to use; gives the pairs it takes for one person
at its own default cut. Neither is told the truth. Both get every comparison that the columns offer
and more blocking keys than their examples have, so that nothing is held back from them.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

Pairs = set[frozenset[str]]

BLOCKS = ("given_name", "surname", "date_of_birth", "postcode", "suburb", "address_1", "soc_sec_id")
"""Columns two records must share one of."""
_ALIKE = 0.85


def recordlinkage_ecm(frame: Any, columns: Sequence[str]) -> Pairs:
    """Compare as its guide on deduplication does, and classify by expectation and maximisation."""
    import recordlinkage

    indexer = recordlinkage.Index()
    for column in BLOCKS:
        if column in columns:
            indexer.block(left_on=column)
    pairs = indexer.index(frame)
    compare = recordlinkage.Compare()
    for column in columns:
        if column in {"given_name", "surname", "suburb", "address_1", "address_2"}:
            compare.string(column, column, method="jarowinkler", threshold=_ALIKE, label=column)
        else:
            compare.exact(column, column, label=column)
    features = compare.compute(pairs, frame)
    found = recordlinkage.ECMClassifier().fit_predict(features)
    return {frozenset(pair) for pair in found}


def splink_duckdb(frame: Any, columns: Sequence[str]) -> Pairs:
    """Train as its FEBRL example does: prior by sure rules, u by sampling, m by two trainings."""
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on
    from splink import comparison_library as library

    offered = {
        "given_name": library.NameComparison("given_name"),
        "surname": library.NameComparison("surname"),
        "date_of_birth": library.DamerauLevenshteinAtThresholds("date_of_birth", [1, 2]),
        "soc_sec_id": library.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
        "street_number": library.ExactMatch("street_number").configure(
            term_frequency_adjustments=True
        ),
        "postcode": library.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(
            term_frequency_adjustments=True
        ),
        "suburb": library.JaroWinklerAtThresholds("suburb", [0.9, 0.7]),
        "address_1": library.JaroWinklerAtThresholds("address_1", [0.9, 0.7]),
        "address_2": library.JaroWinklerAtThresholds("address_2", [0.9, 0.7]),
        "state": library.ExactMatch("state"),
    }
    settings = SettingsCreator(
        unique_id_column_name="rec_id",
        link_type="dedupe_only",
        comparisons=[offered[column] for column in columns],
        blocking_rules_to_generate_predictions=[
            block_on(column) for column in BLOCKS if column in columns
        ],
    )
    api = DuckDBAPI()
    linker = Linker(api.register(_arrow(frame)), settings)
    sure = [
        block_on(*pair)
        for pair in combinations(["given_name", "surname", "date_of_birth", "postcode"], 3)
    ]
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    for rule in (block_on("date_of_birth"), block_on("postcode")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    found = linker.inference.predict(threshold_match_probability=0.5).as_record_list()
    return {frozenset((row["rec_id_l"], row["rec_id_r"])) for row in found}


def _arrow(frame: Any) -> Any:
    from pyarrow import Table

    return Table.from_pandas(frame.reset_index(), preserve_index=False)
