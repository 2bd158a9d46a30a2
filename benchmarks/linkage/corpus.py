"""A seeded list of contacts as CRMs have them, with the truth of who is who.

What makes them hard is in it on purpose: households (one surname, address, landline, at times one
mail address), parents and children of one name, switchboards, desks' addresses, people who changed
their job, strangers of one name, short forms, transposed names, slips, and much that is missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations
from random import Random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GIVEN = _words(
    """
    James Mary Robert Patricia John Jennifer Michael Linda William Elizabeth David Barbara
    Richard Susan Joseph Jessica Thomas Sarah Charles Karen Anna Peter Laura Martin Julia Stefan
    Petra Daniel Daniela Andreas Andrea Christian Christine Claudia Markus Sabine Luis Carmen
    Pierre Camille Giulia Marco
    """
)
SURNAMES = _words(
    """
    Smith Johnson Williams Brown Jones Garcia Miller Davis Müller Schmidt Schneider Fischer
    Weber Meyer Wagner Becker Schulz Hoffmann Martin Bernard Dubois Thomas Robert Richard Petit
    Durand Rossi Russo Ferrari Esposito Bianchi Romano López Martínez González Hernández Pérez
    Sánchez Kowalski Nowak Novak Andersson Johansson Hansen Nielsen Jensen Larsen Virtanen
    Korhonen Silva Santos Oliveira Souza Costa
    """
)
SHORT = {
    "James": "Jim", "Robert": "Bob", "Patricia": "Trish", "Jennifer": "Jenny", "Michael": "Mike",
    "William": "Bill", "Elizabeth": "Liz", "David": "Dave", "Barbara": "Barb", "Richard": "Rick",
    "Susan": "Sue", "Joseph": "Joe", "Jessica": "Jess", "Thomas": "Tom", "Charles": "Chuck",
    "Daniel": "Dan", "Christian": "Chris", "Christine": "Chris", "Stefan": "Steve", "Peter": "Pete",
}  # fmt: skip
STEMS = _words(
    """
    Nordwind Alpen Blue Harbor Green Field Silver Lake Iron Gate Red Maple Bright Path Stone
    Bridge Clear Water Golden Oak North Star River Side Sun Set High Land
    """
)
TRADES = _words(
    """
    Logistics Software Consulting Foods Media Energy Systems Design Partners Tools
    """
)
FORMS = ("GmbH", "Inc.", "Ltd", "AG", "S.A.", "LLC")
STREETS = _words(
    """
    Main Oak Park Church Station Garden Mill School Bridge Market Forest Lake Hill
    """
)
CITIES = _words(
    """
    Berlin Hamburg Boston Dublin Lyon Milano Madrid Porto Wien Zürich Oslo Leeds Gent
    """
)
FREE = ("gmail.com", "web.de", "outlook.com", "yahoo.com")
COLUMNS = ("id", "First Name", "Last Name", "Email", "Phone", "Company", "Website", "Street",
           "City", "Zip", "Birthday")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Contact:
    """One row."""

    given: str
    surname: str
    email: str = ""
    phone: str = ""
    company: str = ""
    website: str = ""
    street: str = ""
    city: str = ""
    postcode: str = ""
    born: str = ""

    def cells(self) -> tuple[str, ...]:
        """Return the row's cells after the id."""
        return (self.given, self.surname, self.email, self.phone, self.company, self.website,
                self.street, self.city, self.postcode, self.born)  # fmt: skip


@dataclass
class Corpus:
    """Rows and who is who."""

    rows: list[tuple[str, ...]] = field(default_factory=list)
    truth: set[frozenset[str]] = field(default_factory=set)


@dataclass
class _Firm:
    name: str
    host: str
    switchboard: str


def corpus(people: int, seed: int = 1) -> Corpus:
    """Return about 1.5 rows for each of *people*."""
    luck = Random(seed)
    firms = [_firm(luck) for _ in range(max(2, people // 12))]
    made: list[tuple[int, Contact]] = []
    number = 0
    while number < people:
        for one in _group(luck, firms):
            made.append((number, one))
            made += [(number, _again(luck, one, firms)) for _ in range(_copies(luck))]
            number += 1
    luck.shuffle(made)
    return _told(made)


def _told(made: list[tuple[int, Contact]]) -> Corpus:
    found = Corpus()
    held: dict[int, list[str]] = {}
    for at, (person, one) in enumerate(made):
        row = f"C{at:06}"
        found.rows.append((row, *one.cells()))
        held.setdefault(person, []).append(row)
    found.truth = {frozenset(pair) for some in held.values() for pair in combinations(some, 2)}
    return found


def _copies(luck: Random) -> int:
    return luck.choices((0, 1, 2), (0.6, 0.3, 0.1))[0]


def _firm(luck: Random) -> _Firm:
    words = (*luck.sample(STEMS, 2), luck.choice(TRADES))
    return _Firm(
        name=f"{' '.join(words)} {luck.choice(FORMS)}",
        host=f"{''.join(words).lower()}.example",
        switchboard=_phone(luck),
    )


def _phone(luck: Random) -> str:
    return f"+4930{luck.randrange(10**7, 10**8)}"


def _group(luck: Random, firms: list[_Firm]) -> Iterator[Contact]:
    """Yield one person, or several who are easily mistaken for one."""
    kind = luck.choices(("one", "household", "heir", "desk", "namesakes"), (70, 12, 4, 7, 7))[0]
    first = _person(luck, luck.choice(firms))
    yield first
    if kind == "household":
        other = luck.choice([name for name in GIVEN if name != first.given])
        shares_mail = luck.random() < 0.4
        mail = first.email if shares_mail else _mail(luck, other, first.surname, None)
        yield replace(first, given=other, email=mail, born=_day(luck), company="", website="")
    elif kind == "heir":
        yield replace(first, email=_mail(luck, first.given, first.surname, None),
                      born=_day(luck), company="", website="")  # fmt: skip
    elif kind == "desk":
        firm = luck.choice(firms)
        for _ in range(luck.randrange(2, 4)):
            yield replace(_person(luck, firm), email=f"info@{firm.host}", phone=firm.switchboard)
    elif kind == "namesakes":
        for _ in range(luck.randrange(1, 3)):
            other_one = _person(luck, luck.choice(firms))
            yield replace(other_one, given=first.given, surname=first.surname,
                          email=_mail(luck, first.given, first.surname, None))  # fmt: skip


def _person(luck: Random, firm: _Firm) -> Contact:
    given, surname = luck.choice(GIVEN), luck.choice(SURNAMES)
    is_at_work = luck.random() < 0.6
    return Contact(
        given=given,
        surname=surname,
        email=_mail(luck, given, surname, firm if is_at_work else None),
        phone=firm.switchboard if is_at_work and luck.random() < 0.4 else _phone(luck),
        company=firm.name if is_at_work else "",
        website=f"https://www.{firm.host}/" if is_at_work and luck.random() < 0.5 else "",
        street=f"{luck.choice(STREETS)} Street {luck.randrange(1, 200)}",
        city=luck.choice(CITIES),
        postcode=str(luck.randrange(10_000, 99_999)),
        born=_day(luck) if luck.random() < 0.3 else "",
    )


def _day(luck: Random) -> str:
    return f"{luck.randrange(1945, 2003)}-{luck.randrange(1, 13):02}-{luck.randrange(1, 29):02}"


def _mail(luck: Random, given: str, surname: str, firm: _Firm | None) -> str:
    plain = f"{given}.{surname}".lower()
    if firm:
        return f"{plain}{luck.randrange(1, 9999)}@{firm.host}"
    return f"{plain}{luck.randrange(1, 9999)}@{luck.choice(FREE)}"


def _again(luck: Random, one: Contact, firms: list[_Firm]) -> Contact:
    """Return a person as somebody else typed them, or as they were in another job."""
    one = _renamed(luck, _elsewhere(luck, one, firms))
    if luck.random() < 0.5:
        one = replace(one, company=" ".join(one.company.split()[:-1]))
    if luck.random() < 0.5:
        one = replace(one, phone=f"{one.phone[:3]} ({one.phone[3:5]}) {one.phone[5:]}")
    for name in ("email", "phone", "company", "street", "city", "postcode", "born"):
        if luck.random() < 0.15:
            one = replace(one, **{name: ""})
    for name in ("street", "surname", "city"):
        if luck.random() < 0.1:
            one = replace(one, **{name: _slip(luck, getattr(one, name))})
    return one


def _elsewhere(luck: Random, one: Contact, firms: list[_Firm]) -> Contact:
    """Return a person in another job, at another address, or written in capitals."""
    if luck.random() < 0.2:
        firm = luck.choice(firms)
        mail = _mail(luck, one.given, one.surname, firm)
        return replace(one, company=firm.name, website="", email=mail)
    if luck.random() < 0.3:
        return replace(one, email=_mail(luck, one.given, one.surname, None))
    if luck.random() < 0.3:
        return replace(one, email=one.email.upper())
    return one


def _renamed(luck: Random, one: Contact) -> Contact:
    chance = luck.random()
    if chance < 0.2:
        return replace(one, given=SHORT.get(one.given, one.given))
    if chance < 0.25:
        return replace(one, given=one.surname, surname=one.given)
    if chance < 0.3:
        return replace(one, given=one.given[0] + ".")
    if chance < 0.4:
        return replace(one, given=_slip(luck, one.given))
    return one


def _slip(luck: Random, text: str) -> str:
    if len(text) < 3:
        return text
    at = luck.randrange(1, len(text) - 1)
    kind = luck.randrange(3)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + luck.choice("aeinrst") + text[at:]
