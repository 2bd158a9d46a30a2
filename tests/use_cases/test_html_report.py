"""The page of a run's report: whole, self-contained, and deaf to what values want to be."""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from daemon.flow.approve import Risk
from daemon.flow.report import (
    Api,
    Attention,
    Change,
    MappingLine,
    Planned,
    PlannedWrite,
    RunReport,
    Verified,
)
from daemon.flow.tally import COUNTS
from daemon.use_cases.html_report import html_page
from daemon.use_cases.overview import CallLine, FullReport

START = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}\u202e'


class Reading(HTMLParser):
    """What a browser would see: tags, attributes, text."""

    VOID = frozenset({"meta", "br", "img", "link", "input"})

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data


def a_call(text: str = "/crm/objects/contacts", status: int | None = 200) -> CallLine:
    return CallLine(
        connection="crm",
        method="POST",
        endpoint=text,
        purpose="update",
        status=status,
        started_at=START,
        milliseconds=40,
        attempt=1 if status else 2,
        note="" if status else text,
    )


def a_plan(text: str) -> Planned:
    return Planned(
        digest="ab" * 16,
        writes=6,
        risk=Risk.MEDIUM,
        operations={"crm.create": 4, "crm.link": 3, "crm.update": 2},
        fields={f"crm.{text}": 6},
        ground=text,
        calls=4,
        samples=[
            PlannedWrite(
                pair="p",
                operation="crm.update",
                source_id=text,
                crm_id=text,
                changes=[
                    Change(field=text, old=None, new=text),
                    Change(field="n", old=[text], new=3),
                ],
            ),
            PlannedWrite(
                pair="p",
                operation="crm.link",
                source_id="1",
                crm_id="2",
                changes=[],
                why=text,
            ),
        ],
    )


def a_report(text: str = "row 17", **changes: object) -> FullReport:
    counts = dict.fromkeys(COUNTS, 0) | {"read": 30, "created": 4, "updated": 2, "quarantined": 1}
    told = RunReport(
        run=7,
        sync=text,
        trigger="interval",
        outcome="done",
        started_at=START,
        ended_at=START + timedelta(seconds=3),
        counts=counts,
        by_side={"source": dict.fromkeys(COUNTS, 0), "crm": counts},
        skipped={"not_in_filter": 5},
        api=Api(calls=2, minimum=1, by_purpose={"update": 2}),
        verified=Verified(checked=5, mismatched=0),
        plan=a_plan(text),
        mapping={
            text: [
                MappingLine(
                    source=text,
                    crm="email",
                    kind="email",
                    direction="both",
                    policy="most_recent",
                    how="name",
                    score=0.97,
                )
            ]
        },
        unmapped={text: [text]},
        conflicts=[Attention(id=1, record=text, field=text, reason="both_changed", winner="crm")],
        quarantine=[Attention(id=2, side="crm", record=text, field="", reason="e", message=text)],
        notes=[text],
        error="",
        next_steps=["crmsyncd quarantine", text],
    )
    return FullReport(report=told.model_copy(update=changes), calls=[a_call(text), a_call(text)])


def test_the_page_is_whole_and_loads_nothing() -> None:
    """Every tag is closed, and nothing on the page makes a browser ask for anything."""
    page = html_page(a_report())

    seen = Reading(page)
    assert [] == seen.open
    assert not {"script", "img", "link", "iframe", "form", "object"} & set(seen.tags)
    assert [] == [
        v for name, v in seen.attributes if name == "href" and not (v or "").startswith("#")
    ]
    assert "url(" not in page
    assert "@import" not in page
    assert page.startswith("<!DOCTYPE html>")


def test_hostile_values_stay_text() -> None:
    """Markup, template language and direction marks in any value are shown, never obeyed."""
    page = html_page(a_report(HOSTILE, error=HOSTILE, trigger=HOSTILE))

    harmless, hostile = Reading(html_page(a_report(error="e"))), Reading(page)
    assert harmless.tags == hostile.tags
    assert [name for name, _ in harmless.attributes] == [name for name, _ in hostile.attributes]
    assert "<script" not in page
    assert "\u202e" not in page
    assert "{{ 7*7 }}" in hostile.text
    assert '"><script>alert(1)</script>' in hostile.text


def test_everything_a_run_has_to_say_is_on_the_page() -> None:
    """Each part of the report has its section, and each link to a section leads there."""
    seen = Reading(html_page(a_report()))

    ids = {value for name, value in seen.attributes if name == "id"}
    linked = {(value or "")[1:] for name, value in seen.attributes if name == "href"}
    assert {
        "summary", "next", "records", "duplicates", "plan", "mapping", "compliance",
        "conflicts", "quarantine",
        "proof", "rollback", "performance", "log",
    } == ids  # fmt: skip
    assert linked <= ids
    assert "the last plan names 3" in seen.text
    assert "2.00 times the minimum" in seen.text
    assert "both changed" in seen.text
    assert "row 17: (empty) → row 17" in seen.text
    assert "4 API calls to carry it out" in seen.text


@pytest.mark.parametrize(
    ("outcome", "word"),
    [("waiting", "Waits for approval"), ("held", "Held"), ("interrupted", "Interrupted"),
     ("later_word", "later_word")],
)  # fmt: skip
def test_every_outcome_has_a_page(outcome: str, word: str) -> None:
    """A run that ended early, or in a way this page does not know, is shown all the same."""
    found = a_report(
        outcome=outcome,
        plan=None,
        mapping={},
        conflicts=[],
        quarantine=[],
        next_steps=[],
        api=Api(calls=0, minimum=0),
        verified=Verified(checked=0, mismatched=0),
    )

    page = Reading(html_page(found.model_copy(update={"calls": []})))

    assert re.search(rf"\b{word}\b", page.text)
    assert "No API call was made." in page.text
    assert "The run made no plan." in page.text


def test_a_preview_is_no_run_that_wrote() -> None:
    """A plan that was only looked at is never told as done."""
    found = a_report(outcome="preview")

    page = Reading(html_page(found))

    assert "Preview. A plan was made to look at; nothing was written." in page.text
    assert "Done." not in page.text


def test_calls_that_failed_are_told() -> None:
    """A call without a reply says so, and counts among retries and errors."""
    found = a_report().model_copy(update={"calls": [a_call(), a_call("Timeout", status=None)]})

    page = html_page(found)

    assert "no reply" in page
    assert "<dt>Errors answered</dt><dd>1</dd>" in page
    assert "<dt>Retries</dt><dd>1</dd>" in page


def test_a_log_that_was_cut_says_so() -> None:
    """A page with fewer calls than the run made tells both numbers."""
    found = a_report(api=Api(calls=12_000, minimum=11_900, by_purpose={"read": 12_000}))

    assert "The first 2 of 12000." in html_page(found)


def test_equal_reports_give_equal_pages() -> None:
    """The page depends on the report alone."""
    assert html_page(a_report()) == html_page(a_report())
