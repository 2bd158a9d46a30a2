"""What contacts bring along: every country's phones, every script's names, what machines did to it."""

# ruff: noqa: RUF001 - the signs that look like others are what is tested
from collections.abc import Sequence

import phonenumbers
import pytest

from daemon.core.mapping import FieldRule
from daemon.core.mojibake import is_mojibake, repaired
from daemon.core.normalize import convert, is_email
from daemon.core.normalize.address import is_url
from daemon.core.normalize.dates import DateOrder, orders_in, read_written, surely
from daemon.core.places import country_code, currency_code, near_country, state_code
from daemon.core.schema import Choice
from daemon.core.validate import Finding, Severity, validate
from daemon.core.values import FieldKind, Value
from tests.core.test_validate import a_rule, only

K = FieldKind
LONG = 10_000


def found(
    value: Value, kind: FieldKind = K.TEXT, *, canonical: str = "", region: str | None = "DE"
) -> tuple[Finding, ...]:
    """Validate one value of one field."""
    return validate("7", {"col": value}, [a_rule(kind=kind, canonical=canonical)], region=region)


def rules_of(findings: Sequence[Finding]) -> list[str]:
    return [finding.rule for finding in findings]


REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


@pytest.mark.parametrize("region", REGIONS)
def test_each_countrys_phones_are_read(region: str) -> None:
    """As people there write them, and as the rest of the world does; told as one number."""
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    number = example or phonenumbers.example_number(region)
    if number is None:
        pytest.skip("the library knows no example")
    own = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    world = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    expected = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    rule = a_rule(kind=K.PHONE)

    for text in (own, world, expected):
        if found(text, K.PHONE, region=region):
            continue  # a filler such as 0000000
        assert expected == convert(text, rule.source_field, rule.crm_field, region)


COUNTRY = a_rule("country", canonical="country")


@pytest.mark.parametrize(
    ("country", "suggestion"), [("Austria", "+436641234567"), ("Atlantis", ""), ("", "")]
)
def test_a_phone_is_offered_by_its_records_country(country: str, suggestion: str) -> None:
    """Where no country is configured it is held back, and offered as the record's country reads it."""
    pair: list[FieldRule] = [a_rule("phone", K.PHONE), COUNTRY]
    found_here = validate("7", {"phone": "0664 1234567", "country": country}, pair)

    assert ("phone_without_country", suggestion) == (found_here[0].rule, found_here[0].suggestion)


@pytest.mark.parametrize(
    ("text", "why", "suggestion"),
    [
        ('"ann.lee"@example.com', "quotation marks", "ann.lee@example.com"),
        ('"ann lee"@example.com', "quotation marks", ""),
        ("ann(work)@example.com", "comment", "ann@example.com"),
        ("ann@example.com (Ann Lee)", "comment", "ann@example.com"),
        ("ann@example.com; bob@example.com", "several", ""),
        ("ann.example.com", "@ is missing", ""),
        ("ann lee@example.com", "blank", "annlee@example.com"),
        ("ann@example", "no dot", ""),
        ("@example.com", "nothing stands before", ""),
        ("a" * 65 + "@example.com", "64 characters", ""),
        ("a@" + "b" * LONG + ".com", "longer than 254", ""),
        ("ann@exa_mple.com", "cannot be written to", ""),
        ("ann..lee@example.com", "cannot be written to", ""),
    ],
)
def test_an_address_is_refused_with_its_reason(text: str, why: str, suggestion: str) -> None:
    """The reason is told in words that show nothing of it, a likely correction is offered."""
    finding = only(found(text, K.EMAIL))

    assert "invalid_email" == finding.rule
    assert why in finding.message
    assert suggestion == finding.suggestion
    assert text not in finding.message


@pytest.mark.parametrize(
    "address",
    ["用户@例子.广告", "δοκιμή@παράδειγμα.ευ", "ann@bücher.example", "ann@xn--bcher-kva.example",
     "o'neill+news@example.co.uk", "אבג@דוגמה.קום"],
)  # fmt: skip
def test_addresses_of_every_script_pass(address: str) -> None:
    """Letters beyond ASCII are addresses too (RFC 6531, IDNA 2008)."""
    assert is_email(address)
    assert () == found(address, K.EMAIL)


@pytest.mark.parametrize(
    ("address", "rules"),
    [
        ("info@example.com", ["role_email"]),
        ("Sales+eu@example.com", ["role_email"]),
        ("ann@mailinator.com", ["disposable_email"]),
        ("ann@sub.mailinator.com", ["disposable_email"]),
        ("ann@gmail.com", []),
    ],
)
def test_desks_and_throw_away_addresses_are_told(address: str, rules: list[str]) -> None:
    """A warning holds nothing back."""
    findings = found(address, K.EMAIL)

    assert rules == rules_of(findings)
    assert all(Severity.WARNING is finding.severity for finding in findings)


@pytest.mark.parametrize(
    "name",
    ["Ann", "O’Neill", "María-José", "Nguyễn Thị Ánh", "Jose\u0301", "محمد بن سلمان", "דָּוִד",
     "山田 太郎", "Иван", "Þór", "ß", "X Æ A-12", "\u202bשרה\u202c", "Müller-Lüdenscheidt", "Abc-Lee"],
)  # fmt: skip
def test_names_of_every_script_pass(name: str) -> None:
    """Right-to-left, combining, one letter long: people are called so."""
    assert () == found(name, canonical="last_name")


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("ann@example.com", "name_is_address"),
        ("Win big www.example.ru", "name_is_link"),
        ("https://spam.example", "name_is_link"),
        ("12345", "name_is_filler"),
        ("---", "name_is_filler"),
        ("N/A", "name_is_filler"),
        ("Test", "name_is_filler"),
    ],
)
def test_what_is_no_name_is_told(name: str, rule: str) -> None:
    """What machines and the hurried type where a name belongs is a warning."""
    finding = only(found(name, canonical="first_name"))

    assert (rule, Severity.WARNING) == (finding.rule, finding.severity)
    assert name not in finding.message


@pytest.mark.parametrize(
    ("text", "rule", "suggestion"),
    [
        ("MÃ¼ller", "mojibake", "Müller"),
        ("Ð˜Ð²Ð°Ð½", "mojibake", "Иван"),
        ("Itâ€™s", "mojibake", "It’s"),
        ("M\ufffdller", "lost_characters", ""),
        ("#N/A", "spreadsheet_error", ""),
        ("#WERT!", "spreadsheet_error", ""),
        ("4,91711E+11", "spreadsheet_number", ""),
    ],
)
def test_what_export_and_spreadsheet_broke(text: str, rule: str, suggestion: str) -> None:
    """Damage is found and the original offered where it can be told; the field waits."""
    finding = only(found(text, canonical="company"))

    assert (rule, suggestion) == (finding.rule, finding.suggestion)
    assert Severity.FIELD is finding.severity


@pytest.mark.parametrize(
    "text",
    ["Müller", "SÃO PAULO", "MANHÃ”", "„Ä“", "É…”", "Łódź", "Ñandú", "naïve €5", "Ångström ±2",
     "Ð", "¿Qué?", "100 Ω", "ÂÃÄ", "é”“"],
)  # fmt: skip
def test_healthy_text_is_no_mojibake(text: str) -> None:
    """Letters that are common in mojibake are letters of languages too."""
    assert not is_mojibake(text)
    assert () == found(text)


@pytest.mark.parametrize(
    "text", ["Müller", "Ångström", "Иван", "Γιώργος", "محمد", "דוד", "it’s “x” – so…"]
)
@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_wrong_encodings_are_undone(text: str, encoding: str) -> None:
    """UTF-8 read as either Western encoding is told back whole."""
    read = "".join(bytes([byte]).decode(encoding, "ignore") or chr(byte) for byte in text.encode())

    assert text == repaired(read)
    assert text == repaired(text)


def test_three_orders_in_one_column_are_told_apart() -> None:
    """What can be told is read, what cannot is ambiguous, and the column is called mixed."""
    column = ["2026-10-29", "29/10/2026", "10/29/2026", "03/04/2026", "03.04.2026", "soon"]
    orders = orders_in(column)

    assert {
        DateOrder.ISO: 1,
        DateOrder.DAY_FIRST: 2,
        DateOrder.MONTH_FIRST: 1,
        DateOrder.EITHER: 1,
    } == orders
    assert None is surely(orders)
    assert DateOrder.DAY_FIRST is surely(orders_in(["29/10/2026", "03/04/2026"]))
    assert None is read_written("03/04/2026")
    assert "2026-04-03" == str(read_written("03/04/2026", DateOrder.DAY_FIRST))
    assert "2026-03-04" == str(read_written("03/04/2026", DateOrder.MONTH_FIRST))
    assert [[], ["not_a_date"], ["not_a_date"], ["ambiguous_date"], ["not_a_date"], ["not_a_date"]
            ] == [rules_of(found(text, K.DATE)) for text in column]  # fmt: skip


def test_a_spreadsheets_day_number_is_offered_as_a_date() -> None:
    """45959 is the 29th of October 2025; it is offered, not taken."""
    assert "2025-10-29" == only(found("45959", K.DATE)).suggestion
    assert "" == only(found("99999", K.DATE)).suggestion


@pytest.mark.parametrize(
    ("canonical", "kind", "value", "rules", "suggestion"),
    [
        ("country", K.TEXT, "Germny", ["unknown_country"], "Germany"),
        ("country", K.TEXT, "DEU", [], ""),
        ("country", K.TEXT, "日本", [], ""),
        ("currency", K.TEXT, "€", ["unknown_currency"], "EUR"),
        ("currency", K.TEXT, "eur", ["unknown_currency"], "EUR"),
        ("currency", K.TEXT, "$", ["unknown_currency"], ""),
        ("currency", K.TEXT, "EUR", [], ""),
        ("website", K.URL, "example.com/a?b", [], ""),
        ("website", K.URL, "https://bücher.example:8080", [], ""),
        ("website", K.URL, "https:// example.com", ["invalid_url"], "https://example.com"),
        ("website", K.URL, "none", ["invalid_url"], ""),
        ("website", K.URL, "javascript://example.com", ["invalid_url"], ""),
    ],
)
def test_places_money_and_pages(
    canonical: str, kind: FieldKind, value: str, rules: list[str], suggestion: str
) -> None:
    """Codes and addresses nobody knows are warnings, with the nearest known one offered."""
    findings = found(value, kind, canonical=canonical)

    assert rules == rules_of(findings)
    assert [suggestion] * len(rules) == [finding.suggestion for finding in findings]


def test_a_state_is_looked_up_in_the_records_country() -> None:
    """Where the country's states are known; elsewhere any region passes."""
    pair = [a_rule("state", canonical="state"), COUNTRY]

    def told(state: str, country: str) -> list[tuple[str, str]]:
        findings = validate("7", {"state": state, "country": country}, pair)
        return [(finding.rule, finding.suggestion) for finding in findings]

    assert [("unknown_state", "California")] == told("Californa", "US")
    assert [] == told("ca", "United States")
    assert [] == told("Bayern", "DE")
    assert [("unknown_state", "")] == told("Bayern", "US")


@pytest.mark.parametrize("kind", list(K))
@pytest.mark.parametrize("canonical", ["", "last_name", "country", "state", "currency", "zip"])
@pytest.mark.parametrize(
    "text",
    ["x" * LONG, "1" * LONG, " ".join(["1"] * (LONG // 2)), "1" + " " * LONG + "z", "@" * LONG,
     "<" * LONG, "(" * LONG, "Ã¼" * (LONG // 2), "\u0301" * LONG, "a@b." * (LONG // 4), "." * LONG],
)  # fmt: skip
@pytest.mark.timeout(5)
def test_ten_thousand_characters_are_judged_at_once(
    kind: FieldKind, canonical: str, text: str
) -> None:
    """However long, a field is judged without a crash, and never shown in the finding."""
    choices = (Choice(value="r", label="Red"),) if kind in {K.CHOICE, K.CHOICES} else ()
    rule = a_rule(kind=kind, canonical=canonical, choices=choices, max_length=5000)
    findings = validate("7", {"col": text}, [rule, COUNTRY], region="US")

    assert all(text not in finding.message for finding in findings)
    assert all(len(finding.suggestion) <= LONG for finding in findings)


def test_what_a_place_is_called() -> None:
    """Codes and names in many languages; what is no place is none."""
    assert ["GB", "US", "NL", None, None] == [
        country_code(text) for text in ("england", "U.S.A.", "Holland", "", "x" * LONG)
    ]
    assert ["SP", "QC", None] == [
        state_code("São Paulo", "BR"), state_code("Quebec", "CA"), state_code("Paris", "FR"),
    ]  # fmt: skip
    assert "" == near_country("Atlantis")
    assert ["EUR", "", ""] == [currency_code("euro"), currency_code("kr"), currency_code("XYZ")]
    assert not is_url("x" * LONG)
