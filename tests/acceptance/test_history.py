"""The history checker can fail: a true history passes, and each way to doctor it is found."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.acceptance.history import Deed, History, Promise, deeds, faults
from tests.acceptance.proxy import Exchange

OURS = {"type": "INTEGRATION", "id": "1", "label": "Sync app"}
SOMEBODY = {"type": "CRM_UI", "id": "userId:1", "label": None}


def contact(record: str, email: str, city: str, before: str = "", token: str = "") -> Any:
    """A record as the sandbox dumps it, whose city is ours."""
    past = [{"value": before, "at": "2026-11-20T10:00:00", "source": SOMEBODY}] if before else []
    ours = {"value": city, "at": "2026-11-20T11:00:00", "source": OURS}
    return {
        "id": record,
        "values": {"email": email, "city": city, "crmsyncd_id": token},
        "history": {"city": [*past, ours]},
    }


MADE = Promise(
    id="made", verb="create", link="e-1", state="settled", crm_id="11",
    values={"city": "Rom"}, before={"city": ""},
)  # fmt: skip
MOVED = Promise(
    id="moved", verb="update", link="e-2", state="settled", crm_id="12",
    values={"city": "Genf"}, before={"city": "Bonn"},
)  # fmt: skip
LOST = Promise(
    id="lost", verb="create", link="e-3", state="superseded", crm_id="",
    values={"city": "Riga"}, before={"city": ""},
)  # fmt: skip
TRUE = History(
    promises={one.id: one for one in (MADE, MOVED, LOST)},
    deeds=(
        Deed(intent="made", request=0, values={"city": "Rom", "crmsyncd_id": "e-1"},
             record="11", is_new=True),
        Deed(intent="moved", request=1, values={"city": "Genf"}, record="12"),
        Deed(intent="lost", request=2, values={"city": "Riga"}),
    ),
    requests=3,
    counted=3,
    records=(
        contact("11", "a@example.com", "Rom", token="e-1"),
        contact("12", "b@example.com", "Genf", before="Bonn"),
    ),
)  # fmt: skip


def test_a_true_history_passes() -> None:
    """A create and an update that happened, and a create that never did."""
    assert [] == faults(TRUE)


def _promise(which: Promise, **changes: Any) -> History:
    return replace(TRUE, promises={**TRUE.promises, which.id: replace(which, **changes)})


def _deed(place: int, **changes: Any) -> History:
    told = list(TRUE.deeds)
    told[place] = replace(told[place], **changes)
    return replace(TRUE, deeds=told)


def _more(deed: Deed) -> History:
    return replace(TRUE, deeds=[*TRUE.deeds, deed])


def _forgotten(which: str) -> History:
    return replace(TRUE, promises={k: v for k, v in TRUE.promises.items() if k != which})


DOCTORED: tuple[tuple[str, Callable[[], History]], ...] = (
    ("I11: intent made wrote the records", lambda: _more(replace(TRUE.deeds[0], record="13"))),
    ("I11: intent moved took effect 2 times", lambda: _more(replace(TRUE.deeds[1], request=3))),
    ("I11: 1 records share", lambda: replace(
        TRUE, records=[*TRUE.records, {**contact("13", "a@example.com", "Rom"), "history": {}}])),
    ("I11: intent lost is superseded", lambda: _deed(2, record="13", is_new=True)),
    ("I14: request 1 wrote without an intent", lambda: _forgotten("moved")),
    ("I14: request 1 wrote without an intent (none)", lambda: _deed(1, intent="")),
    ("I14: intent moved promised other values", lambda: _deed(1, values={"city": "Ulm"})),
    ("I14: intent moved does not tell what stood", lambda: _promise(MOVED, before={})),
    ("I14: record 12 held another city before", lambda: _promise(MOVED, before={"city": "Ulm"})),
    ("I14: record 12 holds a city of ours", lambda: _forgotten("moved")),
    ("I14: intent made is settled, and the CRM never", lambda: _deed(0, record="")),
    ("I14: intent made is settled on another", lambda: _promise(MADE, crm_id="12")),
    ("I14: the sandbox counted 4 writes, 3", lambda: replace(TRUE, counted=4)),
    ("I9: intent made is still unknown", lambda: _promise(MADE, state="unknown")),
)  # fmt: skip


@pytest.mark.parametrize(("told", "doctored"), DOCTORED, ids=[told for told, _ in DOCTORED])
def test_a_doctored_history_is_found(told: str, doctored: Callable[[], History]) -> None:
    """Whatever one witness says against another is told, with the promise that it breaks."""
    assert [one for one in faults(doctored()) if one.startswith(told)]


def test_while_the_daemon_is_at_work_open_intents_are_no_fault() -> None:
    """What is not decided yet is a fault only once all is said to be over."""
    assert [] == faults(_promise(LOST, state="sent"), is_over=False)


def test_only_what_reached_the_crm_counts_as_done() -> None:
    """Of each exchange: which intents it carried, and what the CRM says it wrote for them."""
    asked = {"inputs": [
        {"objectWriteTraceId": "made", "properties": {"city": "Rom"}},
        {"objectWriteTraceId": "lost", "properties": {"city": "Riga"}},
    ]}  # fmt: skip
    answered = {"results": [{"id": "11", "new": True, "objectWriteTraceId": "made"}]}
    path = "/crm/objects/2026-09/contacts/batch/upsert"
    one = Exchange(method="POST", path=path, asked=asked, is_arrived=True, status=207)
    one.answered = answered
    dropped = Exchange(method="POST", path=path, asked=asked)
    found = [(d.intent, d.request, d.record, d.is_new) for d in deeds([dropped, one], {})]
    assert [("made", 1, "11", True), ("lost", 1, "", False)] == found


def test_a_removal_belongs_to_the_intent_to_remove_that_record() -> None:
    """A batch of removals carries no trace: one intent accounts for one of them."""
    asked = {"inputs": [{"id": "12"}, {"id": "14"}]}
    path = "/crm/objects/2026-09/contacts/batch/archive"
    one = Exchange(method="POST", path=path, asked=asked, is_arrived=True, status=204)
    gone = {"gone": replace(MOVED, id="gone", verb="archive", values={}, before={})}
    assert [("gone", "12"), ("", "14")] == [(d.intent, d.record) for d in deeds([one], gone)]
