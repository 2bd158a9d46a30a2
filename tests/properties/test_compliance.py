"""Compliance for any facts: what speaks against never loosens, not knowing is strict, luck is out."""

from hypothesis import assume, given
from hypothesis import strategies as st

from config.regulations import regulations
from daemon.core.compliance.countries import EUROPE
from daemon.core.compliance.finding import Judgement
from daemon.core.compliance.judge import judge
from daemon.core.compliance.jurisdiction import Book
from daemon.core.compliance.reading import read_person
from daemon.core.compliance.words import Channel, Question
from daemon.core.values import Value
from tests.core.compliance.judging import AT

DATES = ("", "2019-05-05", "2024-11-19", "2026-06-01", "2026-11-19", "2027-01-01", "soon")
YES_NO = ("", "yes", "no", "perhaps")
EVIDENCE = {
    "consent_status": ("", "granted", "pending", "expired", "hm"),
    "consent_channels": ("", "email", "email;sms", "fax"),
    "consent_type": ("", "express", "implied"),
    "consent_date": DATES,
    "consent_source": ("", "form"),
    "consent_purpose": ("", "news"),
    "consent_wording": ("", "v1"),
    "consent_evidence": ("", "doc"),
    "consent_written": YES_NO,
    "double_opt_in_date": DATES,
    "lawful_basis": ("", "contract", "legitimate interests", "consent"),
    "relation": ("", "purchase", "inquiry", "ongoing", "given_address"),
    "relation_date": DATES,
    "own_similar": YES_NO,
    "refusal_offered": YES_NO,
    "role_related": YES_NO,
    "subscriber": ("", "corporate", "individual", "sole trader"),
    "registry_checked": DATES,
    "registry_result": ("", "clear", "listed"),
    "parental_consent": YES_NO,
}
AGAINST = {
    "opt_out": "yes",
    "objection": "2026-10-01",
    "erasure_request": "yes",
    "sale_opt_out": "yes",
    "minor": "yes",
    "age": "11",
    "suppressed": "spam_complaint",
    "consent_expires": "2026-01-01",
    "asked_on": "2026-09-01",
}
PLACES = ("DE", "FR", "GB", "US", "US-CA", "US-VA", "CA", "SG", "KR", "IN", "ZA", "AR")
UNREADABLE = {"soon", "hm", "fax"}
CLAIMS = {"lawful_basis", "consent_type", "double_opt_in_date"}
"""Told wrongly they weigh more than not told: a claim that fails, a date still ahead."""

told = st.fixed_dictionaries({name: st.sampled_from(words) for name, words in EVIDENCE.items()})
against = st.dictionaries(st.sampled_from(sorted(AGAINST)), st.none()).map(
    lambda names: {name: AGAINST[name] for name in names}
)
places = st.sampled_from(PLACES)


def verdicts(
    facts: dict[str, str], *, book: Book | None = None, assumed: tuple[str, ...] = ()
) -> tuple[int, ...]:
    """Return how much stands against storing and against a message on each channel."""
    found = judgement(facts, book, assumed)
    on = [(Question.STORE, None), *((Question.MESSAGE, channel) for channel in Channel)]
    return tuple(int(found.verdict(question, channel) or 0) for question, channel in on)


def judgement(facts: dict[str, str], book: Book | None, assumed: tuple[str, ...]) -> Judgement:
    """Judge on every channel."""
    values: dict[str, Value] = dict(facts)
    return judge(
        read_person(values),
        book or regulations(),
        channels=tuple(Channel),
        at=AT,
        assumed=assumed,
    )


def is_as_strict(strict: tuple[int, ...], loose: tuple[int, ...]) -> bool:
    """Tell whether nothing is easier in the first."""
    return all(one >= other for one, other in zip(strict, loose, strict=True))


@given(told, against, places)
def test_what_speaks_against_a_person_never_loosens(
    facts: dict[str, str], more: dict[str, str], place: str
) -> None:
    """I8: refusals, age, lists and ends only tighten, whatever else is known."""
    before = facts | {"jurisdiction": place}

    assert is_as_strict(verdicts(before | more), verdicts(before))


@given(told, places, st.sampled_from(sorted(EVIDENCE.keys() - CLAIMS)))
def test_a_proof_that_is_taken_away_never_loosens(
    facts: dict[str, str], place: str, name: str
) -> None:
    """An empty cell is never better than what can be read there."""
    before = facts | {"jurisdiction": place}
    assume(facts[name] not in UNREADABLE)

    assert is_as_strict(verdicts(before | {name: ""}), verdicts(before))


@given(told, against, places, places)
def test_one_more_market_never_loosens(
    facts: dict[str, str], more: dict[str, str], one: str, other: str
) -> None:
    """Of several markets the most restrictive wins."""
    known = facts | more

    both = verdicts(known, assumed=(one, other))

    assert is_as_strict(both, verdicts(known, assumed=(one,)))
    assert is_as_strict(both, verdicts(known, assumed=(other,)))


@given(told, against, st.sampled_from(["US-CA", *sorted(EUROPE)]))
def test_an_unknown_law_is_as_strict_as_what_it_stands_for(
    facts: dict[str, str], more: dict[str, str], place: str
) -> None:
    """Unknown is the European Union and California at once."""
    unknown = verdicts(facts | more)

    assert is_as_strict(unknown, verdicts(facts | more | {"jurisdiction": place}))


@given(told, against, places)
def test_the_order_of_regulations_decides_nothing(
    facts: dict[str, str], more: dict[str, str], place: str
) -> None:
    """Equal facts give equal verdicts, and the same judgement each time."""
    known = facts | more | {"country": place}
    turned = Book(regulations=tuple(reversed(regulations().regulations)))

    assert verdicts(known) == verdicts(known, book=turned)
    assert judgement(known, None, ()) == judgement(known, None, ())
