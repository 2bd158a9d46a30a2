"""Likeness: which records may be one although no key says so, how surely, and why (C3, R8).

``read_columns`` tells what columns mean, ``profile`` what a record is compared by, ``judge`` which
pairs may be one. All pure.
"""

from daemon.core.similarity.features import Feature, feature_of, read_columns
from daemon.core.similarity.judge import LEAST, Action, Judged, Judgement, Kind, judge
from daemon.core.similarity.profile import Forms, Reading, profile

__all__ = [
    "LEAST",
    "Action",
    "Feature",
    "Forms",
    "Judged",
    "Judgement",
    "Kind",
    "Reading",
    "feature_of",
    "judge",
    "profile",
    "read_columns",
]
