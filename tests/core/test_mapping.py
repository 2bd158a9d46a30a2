"""Which fields find each other, and what is told about the rest."""

from collections.abc import Iterable
from types import MappingProxyType
from typing import Any

import pytest

from daemon.core.mapping import Direction, FieldMap, How, Override, Policy, build_mapping
from daemon.core.schema import Field, Schema
from daemon.core.values import FieldKind, Side

K = FieldKind
STANDARD = {"email": "email", "first_name": "firstname", "last_name": "lastname"}
CONTACTS = (
    Field(name="email", label="Email", kind=K.TEXT),
    Field(name="firstname", label="First Name", kind=K.TEXT),
    Field(name="lastname", label="Last Name", kind=K.TEXT),
    Field(name="mobilephone", label="Mobile Phone Number", kind=K.PHONE),
    Field(name="favourite_colour", label="Favourite colour", kind=K.CHOICE),
    Field(name="score_total", label="Total", kind=K.NUMBER, is_writable=False),
    Field(name="owner_id", label="Owner", kind=K.REFERENCE),
)


def a_schema(*fields: Field | str, required_any: tuple[str, ...] = ()) -> Schema:
    """Return a schema; a bare name is a text column."""
    whole = [
        field if isinstance(field, Field) else Field(name=field, label=field, kind=K.TEXT)
        for field in fields
    ]
    return Schema(
        object="things",
        fields=MappingProxyType({field.name: field for field in whole}),
        required_any=required_any,
    )


def a_map(*columns: Field | str, crm: Iterable[Field] = CONTACTS, **settings: Any) -> FieldMap:
    """Return the mapping of *columns* to the contacts above."""
    settings.setdefault("standard", STANDARD)
    return build_mapping(source=a_schema(*columns), crm=a_schema(*crm), **settings)


def pairs(mapping: FieldMap) -> dict[str, str]:
    """Return source → CRM names."""
    return {rule.source: rule.crm for rule in mapping.rules}


def codes(mapping: FieldMap) -> list[str]:
    """Return the codes of the problems."""
    return [problem.code for problem in mapping.problems]


@pytest.mark.parametrize(
    "column",
    ["email", "E-Mail", "E-Mail Address", "EMAIL_ADDRESS", "emailAddress", "Mail", "Correo"],
)
def test_a_column_finds_its_canonical_field(column: str) -> None:
    """Whatever people call an e-mail address, it goes to the CRM's field for it."""
    (rule,) = a_map(column).rules

    assert ("email", "email", K.EMAIL) == (rule.crm, rule.canonical, rule.kind)
    assert (How.STANDARD, 1.0) == (rule.how, rule.score)


def test_a_canonical_field_without_standard_is_found_by_name_or_label() -> None:
    """A field the vendor's table does not list still counts by what it is called."""
    (rule,) = a_map("Handy").rules

    assert ("mobilephone", K.PHONE, 0.95) == (rule.crm, rule.kind, rule.score)


def test_standard_tables_may_use_any_word_for_a_canonical_name() -> None:
    """A vendor table that says "postcode" means the same as one that says "zip"."""
    crm = [Field(name="field_17", label="x", kind=K.TEXT)]

    mapping = a_map("PLZ", crm=crm, standard={"postcode": "field_17"})

    assert {"PLZ": "field_17"} == pairs(mapping)


def test_canonical_names_beyond_the_synonyms_join_two_systems() -> None:
    """Two vendors' tables may name something our synonyms have no word for."""
    crm = [Field(name="b_9", label="y", kind=K.TEXT)]

    mapping = a_map(
        Field(name="a_1", label="x", kind=K.TEXT),
        crm=crm,
        standard={"shoe_size": "b_9"},
        source_standard={"shoe_size": "a_1"},
    )

    assert [("a_1", "b_9", "shoe_size")] == [
        (rule.source, rule.crm, rule.canonical) for rule in mapping.rules
    ]


def test_a_standard_field_the_account_lacks_is_looked_for_by_name() -> None:
    """A standard table may be older than the account."""
    assert {"Mail": "email"} == pairs(a_map("Mail", standard={"email": "gone"}))


def test_the_nearest_synonym_wins() -> None:
    """Of two columns for one thing, the one named more plainly is taken; the other is told."""
    mapping = a_map("Email", "Courriel")

    assert {"Email": "email"} == pairs(mapping)
    assert ("Courriel",) == mapping.unmapped_source


def test_a_name_counts_more_than_a_label() -> None:
    """A field called "email" beats one that is only labelled so."""
    labelled = Field(name="x1", label="Email", kind=K.TEXT)

    assert {"mail": "email"} == pairs(a_map(labelled, "mail"))


def test_two_equally_good_columns_are_a_question() -> None:
    """Nothing is guessed between two columns that differ in spelling only."""
    mapping = a_map("E-Mail", "e_mail")

    assert {} == pairs(mapping)
    assert ["ambiguous"] == codes(mapping)
    assert "'E-Mail', 'e_mail'" in mapping.problems[0].message
    assert {"E-Mail": "email"} == pairs(
        a_map("E-Mail", "e_mail", overrides={"E-Mail": Override(to="email"), "e_mail": None})
    )


def test_the_same_name_is_enough() -> None:
    """Custom fields meet by name, else by label, however they are spelled."""
    crm = [
        Field(name="shoe_size", label="Size of shoe", kind=K.NUMBER),
        Field(name="c_44", label="T-Shirt", kind=K.TEXT),
    ]
    mapping = a_map("Shoe Size", "tshirt", crm=crm)

    assert {"Shoe Size": "shoe_size", "tshirt": "c_44"} == pairs(mapping)
    assert {How.SAME_NAME} == {rule.how for rule in mapping.rules}


def test_names_that_differ_in_punctuation_only_are_left_to_a_person() -> None:
    """Two columns with one plain name are not told apart by order."""
    crm = [Field(name="shoe_size", label="Shoe size", kind=K.NUMBER)]

    assert {} == pairs(a_map("Shoe Size", "shoe-size", crm=crm))


def test_a_name_without_letters_is_no_name() -> None:
    """Columns headed "?" and "!" have nothing in common."""
    assert {} == pairs(a_map("?", crm=[Field(name="!", label="!", kind=K.TEXT)]))


def test_alike_names_are_paired_when_only_one_partner_is_thinkable() -> None:
    """A misspelt column finds its field, with the likeness as score."""
    (rule,) = a_map("Favorite Colour").rules

    assert ("favourite_colour", How.ALIKE) == (rule.crm, rule.how)
    assert 0.9 <= rule.score < 1


def test_alike_names_with_two_candidates_are_left_alone() -> None:
    """Two fields that would both do are a person's choice."""
    assert {} == pairs(a_map("Favorite Colour", "Favourite Color"))


def test_overrides_come_first() -> None:
    """What the operator pairs is paired, whatever the names say."""
    mapping = a_map("email", "Other", overrides={"Other": Override(to="email", kind=K.TEXT)})
    (rule,) = mapping.rules

    assert ("Other", "email", K.TEXT, How.OVERRIDE) == (
        rule.source, rule.crm, rule.kind, rule.how,
    )  # fmt: skip
    assert ("email",) == mapping.unmapped_source


def test_a_column_can_be_kept_out() -> None:
    """Null keeps a column out without calling it forgotten."""
    mapping = a_map("email", "Vorname", overrides={"email": None})

    assert {"Vorname": "firstname"} == pairs(mapping)
    assert () == mapping.unmapped_source


def test_excluded_fields_are_mapped_by_override_only() -> None:
    """Keys and updated-at columns go nowhere by themselves."""
    excluded = frozenset({"email"})

    assert {} == pairs(a_map("email", exclude=excluded))
    assert () == a_map("email", exclude=excluded).unmapped_source
    override = {"email": Override(to="email")}
    assert {"email": "email"} == pairs(a_map("email", exclude=excluded, overrides=override))


def test_references_are_never_mapped_unasked() -> None:
    """An id of one account means nothing in another."""
    assert {} == pairs(a_map("Owner", "owner_id"))


@pytest.mark.parametrize(
    ("overrides", "direction", "code", "told"),
    [
        ({"Emial": None}, Direction.BOTH, "unknown_source", "did you mean 'Email'?"),
        ({"Zzz": None}, Direction.BOTH, "unknown_source", "no column 'Zzz'"),
        ({"Email": Override(to="emial")}, Direction.BOTH, "unknown_crm", "did you mean 'email'?"),
        (
            {"Email": Override(to="score_total")},
            Direction.PUSH,
            "read_only",
            "would write a read-only field",
        ),
        (
            {"Email": Override(to="score_total", direction=Direction.BOTH)},
            Direction.BOTH,
            "read_only",
            "give it the direction that only reads it",
        ),
        (
            {"Email": Override(to="email", direction=Direction.PULL)},
            Direction.PUSH,
            "direction",
            "asks for pull, the sync only does push",
        ),
        (
            {"Email": Override(to="email"), "Mail": Override(to="email")},
            Direction.BOTH,
            "taken",
            "'Email' and 'Mail' both go to 'email'",
        ),
        (
            {"Formula": Override(to="score_total")},
            Direction.BOTH,
            "read_only",
            "read-only",
        ),
    ],
)
def test_overrides_that_cannot_be_followed_are_told(
    overrides: dict[str, Override | None], direction: Direction, code: str, told: str
) -> None:
    """Each says what is wrong and what to do; nothing is half done."""
    formula = Field(name="Formula", label="Formula", kind=K.TEXT, is_writable=False)

    mapping = a_map("Email", "Mail", formula, overrides=overrides, direction=direction)

    assert [code] == codes(mapping)
    assert told in mapping.problems[0].message


def test_a_read_only_end_narrows_an_override() -> None:
    """An override to a field that cannot be written only reads it, from either side."""
    formula = Field(name="Formula", label="Formula", kind=K.TEXT, is_writable=False)
    mapping = a_map(
        "Points",
        formula,
        overrides={"Points": Override(to="score_total"), "Formula": Override(to="lastname")},
    )

    assert {"Points": Direction.PULL, "Formula": Direction.PUSH} == {
        rule.source: rule.direction for rule in mapping.rules
    }


def test_a_read_only_field_is_mapped_unasked_only_where_it_is_read() -> None:
    """Pulling a computed field is fine; pushing to it is not even tried."""
    assert {} == pairs(a_map("Score Total"))
    assert {"Score Total": "score_total"} == pairs(a_map("Score Total", direction=Direction.PULL))


def test_policies_go_by_any_name_of_the_field() -> None:
    """Column, CRM field or canonical name; an override's own policy comes before them."""
    mapping = a_map(
        "Mail",
        "Vorname",
        "Nachname",
        "Handy",
        overrides={"Handy": Override(to="mobilephone", policy=Policy.MANUAL)},
        policies={
            "email": Policy.CRM,
            "Vorname": Policy.SOURCE,
            "lastname": Policy.LONGEST,
            "mobile": Policy.MAX,
        },
    )

    assert {
        "Mail": Policy.CRM,
        "Vorname": Policy.SOURCE,
        "Nachname": Policy.LONGEST,
        "Handy": Policy.MANUAL,
    } == {rule.source: rule.policy for rule in mapping.rules}
    assert [] == codes(mapping)


def test_policies_for_nothing_are_told() -> None:
    """A policy that no rule heeds is a mistake, not decoration."""
    mapping = a_map("Mail", policies={"emial": Policy.CRM, "lastname": Policy.CRM})

    assert ["unknown_policy", "unknown_policy"] == codes(mapping)
    assert "did you mean 'email'?" in mapping.problems[0].message
    assert "'lastname' is not mapped" in mapping.problems[1].message


def test_required_fields_that_nothing_fills_are_told() -> None:
    """Before the first create is refused; pulling creates nothing in the CRM."""
    needed = Field(name="stage", label="Stage", kind=K.TEXT, is_required=True)
    crm = a_schema("email", "phone", needed, required_any=("email", "phone"))
    empty, full = a_schema("x"), a_schema("mail", "stage")

    assert ("stage", "email or phone") == build_mapping(source=empty, crm=crm).unmapped_required
    assert () == build_mapping(source=full, crm=crm).unmapped_required
    pulled = build_mapping(source=empty, crm=crm, direction=Direction.PULL)
    assert () == pulled.unmapped_required


@pytest.mark.parametrize(
    ("left", "right", "kind"),
    [
        (K.TEXT, K.NUMBER, K.NUMBER),
        (K.DATE, K.DATETIME, K.DATE),
        (K.DATETIME, K.DATE, K.DATE),
        (K.CHOICE, K.CHOICES, K.CHOICES),
        (K.BOOL, K.TEXT, K.BOOL),
        (K.TEXT, K.TEXT, K.TEXT),
    ],
)
def test_the_stronger_type_compares(left: FieldKind, right: FieldKind, kind: FieldKind) -> None:
    """A typed end says what both mean; of a day and an instant, the day."""
    source = a_schema(Field(name="x", label="x", kind=left))
    crm = a_schema(Field(name="x", label="x", kind=right))

    assert kind is build_mapping(source=source, crm=crm).rules[0].kind


def test_the_fingerprint_tells_what_is_decided() -> None:
    """R16: it moves with a rule's fields, direction or policy, and with nothing else."""
    plain = a_map("Mail")

    assert plain.fingerprint() == a_map("Mail", "Unknown").fingerprint()
    asked = a_map("Mail", overrides={"Mail": Override(to="email")})
    assert plain.fingerprint() == asked.fingerprint()
    assert plain.fingerprint() != a_map("Mail", default_policy=Policy.CRM).fingerprint()
    assert plain.fingerprint() != a_map("Mail", direction=Direction.PUSH).fingerprint()


def test_the_table_shows_every_rule() -> None:
    """One row a rule, in plain words."""
    (row,) = a_map("Mail").table()

    assert ("Mail", "email", "email", "both", "most_recent", "standard", 1.0) == (
        row.source, row.crm, row.kind, row.direction, row.policy, row.how, row.score,
    )  # fmt: skip


def test_a_rule_answers_by_side() -> None:
    """Code that treats both sides alike asks the rule by side."""
    (rule,) = a_map("Mail").rules

    assert ("Mail", "email") == (rule.name(Side.SOURCE), rule.name(Side.CRM))
    assert (rule.source_field, rule.crm_field) == (rule.field(Side.SOURCE), rule.field(Side.CRM))
