"""Short ways to say what records hold."""

from daemon.core.similarity import Feature, Forms, Judgement, Reading, judge, profile

COLUMNS = {feature.value: feature for feature in Feature}


def person(**cells: str) -> Forms:
    """A record as it is compared; columns are called as the features are."""
    return profile(cells, Reading(columns=COLUMNS, region="DE"))


def judged(*people: dict[str, str], split: int = 0, least: float = 0.5) -> Judgement:
    """What is said of some records."""
    return judge([person(**one) for one in people], split=split, least=least)
