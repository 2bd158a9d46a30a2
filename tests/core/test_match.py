"""Who is the same as whom: exact keys, never a guess."""

import pytest

from daemon.core.field_rules import FieldMap, FieldRule, How
from daemon.core.match import (
    EXTERNAL,
    Candidate,
    Key,
    KeyHits,
    Match,
    NoMatch,
    Review,
    Verdict,
    choose,
    index_keys,
    is_role_address,
    keys_for,
)
from daemon.core.values import FieldKind, Side, Values
from tests.core.deciding import a_field, a_rule

K = FieldKind


def between(source: str, crm: str, kind: FieldKind, canonical: str = "") -> FieldRule:
    """Return a rule between two named fields."""
    return a_rule(
        kind=kind,
        canonical=canonical,
        source_field=a_field(source, kind),
        crm_field=a_field(crm, kind),
    )


EMAIL = between("mail", "email", K.EMAIL, "email")
PHONE = between("tel", "phone", K.PHONE, "phone")
FIRST = between("vorname", "firstname", K.TEXT, "first_name")
LAST = between("name", "lastname", K.TEXT, "last_name")
ZIP = between("plz", "zip", K.TEXT, "postcode")
MAP = FieldMap(
    rules=(EMAIL, PHONE, FIRST, LAST, ZIP), unmapped_source=(), unmapped_required=(), problems=()
)
BY_EMAIL = Key(word="email", rules=(EMAIL,))
BY_PHONE = Key(word="phone", rules=(PHONE,))
BY_PLACE = Key(word="last_name+postcode", rules=(LAST, ZIP))

ANN: Values = {"mail": "ann@x.org", "tel": "030 901820", "vorname": "Ann", "name": "Lee"}
SHE: Values = {"email": "ann@x.org", "phone": "+4930901820", "firstname": "ann", "lastname": "Lee"}


def a_hit(key: Key, *candidates: Values, twins: int = 0, linked_to: str | None = None) -> KeyHits:
    """Return who holds a key: candidates c0, c1, … on the other side, and twins on this one."""
    found = [
        Candidate(id=f"c{number}", values=values, linked_to=linked_to)
        for number, values in enumerate(candidates)
    ]
    return KeyHits(key=key, candidates=found, twins=twins)


def chosen(*hits: KeyHits, values: Values = ANN, side: Side = Side.SOURCE) -> Verdict:
    """Return who is the same as Ann, unless other values are given."""
    return choose(side, values, hits, [FIRST, LAST], [EMAIL], "DE")


def reason(verdict: Verdict) -> str:
    """Return whom a verdict matches and how, why it asks, or nothing."""
    match verdict:
        case Match(id=found, how=how):
            return f"{found} by {how}"
        case Review(rule=rule):
            return rule
        case NoMatch():
            return ""


def test_keys_are_named_as_anybody_names_fields() -> None:
    """A canonical name, a source column and a CRM field each name a key; strongest first (R8)."""
    keys, lost = keys_for(MAP, [["email"], ["tel"], ["lastname", "postcode"]])

    assert ["email", "tel", "lastname+postcode"] == [key.word for key in keys]
    assert [(EMAIL,), (PHONE,), (LAST, ZIP)] == [key.rules for key in keys]
    assert () == lost


def test_a_key_with_an_unmapped_part_is_no_key() -> None:
    """Half a key recognises nobody: it is left out, and what lacks is told."""
    keys, lost = keys_for(MAP, [["email", "birthday"], ["phone"]])

    assert ["phone"] == [key.word for key in keys]
    assert ("birthday",) == lost


def test_a_canonical_name_goes_before_a_column_of_that_name() -> None:
    """Where a column is called like another field's meaning, the meaning counts."""
    odd = between("email", "note", K.TEXT)
    mapping = FieldMap(rules=(odd, EMAIL), unmapped_source=(), unmapped_required=(), problems=())

    ((key,), _) = keys_for(mapping, [["email"]])

    assert (EMAIL,) == key.rules
    assert How.OVERRIDE == key.rules[0].how


def test_a_record_is_indexed_by_all_its_keys() -> None:
    """Each key in its comparable form, under a name of its side; parts that lack make none."""
    keys = [BY_EMAIL, BY_PHONE, BY_PLACE]

    found = index_keys(keys, Side.SOURCE, {**ANN, "mail": " Ann@X.org "}, "DE")

    assert (("email:mail", "ann@x.org"), ("phone:tel@DE", "+4930901820")) == found
    ((_, whole),) = index_keys([BY_PLACE], Side.CRM, {"lastname": "LEE", "zip": "1"}, "DE")
    assert "lee\x1f1" == whole
    assert () == index_keys(keys, Side.SOURCE, {}, None)


def test_secondary_addresses_and_our_own_id_are_keys_too() -> None:
    """A person is found by any address the CRM keeps, and a record of ours by its id (R7, R8)."""
    found = index_keys(
        [BY_EMAIL],
        Side.CRM,
        SHE,
        None,
        external_id="own-1",
        other_emails=("Old@x.org", "ann@x.org", " "),
    )

    assert (
        ("email:email", "ann@x.org"),
        ("email:email", "old@x.org"),
        (EXTERNAL, "own-1"),
    ) == found


def test_a_region_renames_phone_keys_only() -> None:
    """Another default country makes other numbers; everything else stays indexed."""
    assert ("phone:tel@DE", "phone:tel") == (
        BY_PHONE.name(Side.SOURCE, "DE"),
        BY_PHONE.name(Side.SOURCE, None),
    )
    assert "email:mail" == BY_EMAIL.name(Side.SOURCE, "DE")
    assert "text:lastname+text:zip" == BY_PLACE.name(Side.CRM, "DE")


@pytest.mark.parametrize(
    ("hits", "expected"),
    [
        ([], ""),
        ([a_hit(BY_EMAIL)], ""),
        ([a_hit(BY_EMAIL, SHE)], "c0 by email"),
        ([a_hit(BY_PLACE, SHE)], "c0 by last_name+postcode"),
        ([a_hit(BY_EMAIL), a_hit(BY_PLACE, SHE)], "c0 by last_name+postcode"),
        ([a_hit(BY_EMAIL, SHE, SHE)], "ambiguous_match"),
        ([a_hit(BY_EMAIL, SHE, SHE), a_hit(BY_PLACE, SHE)], "ambiguous_match"),
        ([a_hit(BY_EMAIL, SHE, twins=1)], "duplicate_in_side"),
        ([a_hit(BY_EMAIL, twins=1)], "duplicate_in_side"),
        ([a_hit(BY_EMAIL, SHE, linked_to="s9")], "duplicate_of_linked"),
        ([a_hit(BY_EMAIL, SHE, twins=1, linked_to="s9")], "duplicate_of_linked"),
    ],
)
def test_exactly_one_on_both_sides_is_a_match(hits: list[KeyHits], expected: str) -> None:
    """More than one candidate, on either side, is for a person; strong keys go first (R8, I19)."""
    assert expected == reason(chosen(*hits))


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [
        (SHE, "c0 by phone"),
        ({**SHE, "email": None}, "c0 by phone"),
        ({**SHE, "email": "Ann@X.org"}, "c0 by phone"),
        ({**SHE, "email": "eva@x.org"}, ""),
        ({**SHE, "lastname": "Ray"}, ""),
        ({**SHE, "firstname": None}, "c0 by phone"),
        ({**SHE, "firstname": None, "lastname": None}, ""),
    ],
)
def test_a_phone_number_needs_the_names_to_agree(candidate: Values, expected: str) -> None:
    """A number alone proves little: names must agree and addresses must not differ (R8)."""
    assert expected == reason(chosen(a_hit(BY_PHONE, candidate)))


@pytest.mark.parametrize(
    "hit",
    [
        a_hit(BY_PHONE, SHE, {**SHE, "lastname": "Ray"}),
        a_hit(BY_PHONE, SHE, twins=1),
        a_hit(BY_PHONE, twins=2),
    ],
)
def test_a_shared_phone_number_recognises_nobody(hit: KeyHits) -> None:
    """A family's number belongs to several: it neither matches nor troubles a person (R8)."""
    assert "" == reason(chosen(hit))
    assert "c0 by last_name+postcode" == reason(chosen(hit, a_hit(BY_PLACE, SHE)))


def test_a_phone_match_is_taken_once() -> None:
    """Whose partner is linked already is a duplicate, by whatever key."""
    assert "duplicate_of_linked" == reason(chosen(a_hit(BY_PHONE, SHE, linked_to="s9")))


@pytest.mark.parametrize(
    ("address", "is_desk"),
    [
        ("info@x.org", True),
        ("sales+berlin@x.org", True),
        ("informatik@x.org", False),
        ("ann@info.org", False),
        ("", False),
        (None, False),
    ],
)
def test_a_desk_is_no_person(address: str | None, *, is_desk: bool) -> None:
    """The local part tells a desk, tagged or not; the domain does not."""
    assert is_desk == is_role_address(address)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"firstname": "Ann", "lastname": "Lee"}, "c0 by email"),
        ({"firstname": "Bob", "lastname": "Lee"}, "role_address"),
        ({}, "role_address"),
    ],
)
def test_a_role_address_links_nobody_by_itself(names: Values, expected: str) -> None:
    """Behind info@ stands whoever is on duty: only agreeing names make it a match (R8)."""
    desk = {**ANN, "mail": "info@x.org"}

    verdict = chosen(a_hit(BY_EMAIL, {"email": "info@x.org", **names}), values=desk)

    assert expected == reason(verdict)


def test_both_sides_are_matched_alike() -> None:
    """A CRM record finds its source record by the same keys (I3)."""
    assert "c0 by email" == reason(chosen(a_hit(BY_EMAIL, ANN), values=SHE, side=Side.CRM))
    assert "c0 by phone" == reason(chosen(a_hit(BY_PHONE, ANN), values=SHE, side=Side.CRM))


@pytest.mark.parametrize(
    "hit",
    [
        a_hit(BY_EMAIL, SHE, SHE),
        a_hit(BY_EMAIL, SHE, twins=1),
        a_hit(BY_EMAIL, SHE, linked_to="s9"),
        a_hit(BY_EMAIL, {"email": "info@x.org"}),
    ],
)
def test_a_question_to_a_person_shows_nothing_personal(hit: KeyHits) -> None:
    """The reason names the key and what to do, never a value."""
    verdict = chosen(hit, values={"mail": "info@x.org", "vorname": "Ann"})

    assert isinstance(verdict, Review)
    assert "@" not in verdict.message
    assert "Ann" not in verdict.message
