"""A right configuration becomes one immutable snapshot with every default filled in."""

from dataclasses import FrozenInstanceError
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from config.load import load
from config.model import Sync
from config.scalars import duration_text
from daemon.core.field_rules import Direction, Override, Policy
from daemon.core.values import FieldKind, Side
from tests.config.samples import (
    ENVIRONMENT,
    MINIMAL,
    SETTINGS,
    TWO_CONNECTIONS,
    FileSettings,
    SystemSettings,
    loaded,
)


def sync_of(folder: Path, keys: str) -> Sync:
    """Return the one sync of the minimal configuration with more *keys*."""
    return loaded(folder, f"{MINIMAL}    {keys}\n").syncs["news-to-crm"]


def test_a_minimal_sync_has_every_default(tmp_path: Path) -> None:
    """Two connections and two ends suffice; what is not written is safe."""
    config = loaded(tmp_path, MINIMAL)
    sync = config.syncs["news-to-crm"]
    (pair,) = sync.pairs

    assert ("news:rows", "crm:contacts") == (str(pair.source), str(pair.crm))
    assert Direction.BOTH is sync.direction
    assert (True, False) == (sync.create.crm, sync.create.source)
    assert timedelta(minutes=5) == sync.schedule.every
    assert (("email",), ("phone",)) == pair.match.on
    assert ("most_recent", Side.CRM) == (sync.conflicts.default, sync.conflicts.tie)
    assert ("unlink", "unlink") == (sync.deletes.source, sync.deletes.crm)
    assert ("required", 500, 5000, None) == (
        sync.approval.first_run,
        sync.approval.envelope.per_run,
        sync.approval.envelope.per_day,
        sync.approval.envelope.until,
    )
    assert ("127.0.0.1", 8711, "info") == (
        config.service.host,
        config.service.port,
        config.service.log_level,
    )
    assert () == config.warnings


def test_connections_hold_their_types_settings(tmp_path: Path) -> None:
    """Settings are validated objects, secrets filled in, paths below the file's folder."""
    connections = loaded(tmp_path, MINIMAL).connections

    news, crm = connections["news"].settings, connections["crm"].settings
    assert isinstance(news, FileSettings)
    assert isinstance(crm, SystemSettings)
    assert tmp_path / "news.csv" == news.path
    assert "tok-4711" == crm.token.get_secret_value()
    assert "tok-4711" not in repr(connections)


def test_every_key_of_a_sync_is_read(tmp_path: Path) -> None:
    """Each key ends where the rest of the product looks for it."""
    sync = sync_of(
        tmp_path,
        """\
direction: push
    create: {crm: no, source: yes}
    schedule: {every: hourly, on_change: off, full: 1w}
    match: {on: [email, [last_name, zip]], found: merge}
    fields:
      Company Name: company
      Mobile: {to: mobilephone, direction: push, policy: longest, kind: phone}
      Secret: false
      Nothing:
    required: [Mail]
    conflicts: {default: manual, tie: source, fields: {score: max}}
    deletes: {source: ignore, crm: unlink}
    approval: {first_run: none, envelope: {per_run: 1, per_day: 2, until: 2027-01-31}}
    guards: {verify_sample: 9}
    batch_size: 50
    country: NO""",
    )

    (pair,) = sync.pairs
    assert (False, True) == (sync.create.crm, sync.create.source)
    assert (timedelta(hours=1), False, timedelta(weeks=1)) == (
        sync.schedule.every,
        sync.schedule.is_woken_by_files,
        sync.schedule.full,
    )
    assert (("email",), ("last_name", "zip")) == pair.match.on
    mobile = Override(
        to="mobilephone", direction=Direction.PUSH, policy=Policy.LONGEST, kind=FieldKind.PHONE
    )
    assert {
        "Company Name": Override(to="company"),
        "Mobile": mobile,
        "Secret": None,
        "Nothing": None,
    } == pair.overrides
    assert ("Mail",) == pair.required
    assert ("manual", Side.SOURCE) == (sync.conflicts.default, sync.conflicts.tie)
    assert {"score": Policy.MAX} == sync.conflicts.fields
    assert date(2027, 1, 31) == sync.approval.envelope.until
    assert (9, 50, "NO") == (sync.guards.verify_sample, sync.batch_size, sync.country)


def test_several_pairs_keep_their_order_and_rules(tmp_path: Path) -> None:
    """With ``pairs`` each pair has fields and match keys of its own."""
    config = loaded(
        tmp_path,
        f"""\
{TWO_CONNECTIONS}  firms: {{type: file, path: firms.csv}}
syncs:
  all:
    pairs:
    - source: {{connection: firms}}
      crm: {{connection: crm, object: companies}}
      match: {{on: [domain]}}
    - source: {{connection: news}}
      crm: {{connection: crm, object: contacts}}
      fields: {{Mail: email}}
""",
    )

    firms, people = config.syncs["all"].pairs
    assert ("firms:rows <-> crm:companies", "news:rows <-> crm:contacts") == (
        str(firms),
        str(people),
    )
    assert (("domain",),) == firms.match.on
    assert ["Mail"] == list(people.overrides)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("yes", True), ("on", True), ("True", True), ("no", False), ("OFF", False), ("false", False)],
)
def test_yes_and_no_are_booleans_where_asked_for(
    tmp_path: Path, text: str, expected: object
) -> None:
    """YAML 1.2 reads ``no`` as text; the model knows where it means no."""
    assert expected is sync_of(tmp_path, f"create: {{source: {text}}}").create.source


@pytest.mark.parametrize("text", ["01067", "2024-01-31", "no", "off", "12:30", "0x1f", "1_000"])
def test_text_stays_text(tmp_path: Path, text: str) -> None:
    """Leading zeros, dates and short words are not turned into something else."""
    sync = sync_of(tmp_path, f"required: [{text}]")

    assert (text,) == sync.pairs[0].required


def test_a_folder_is_one_configuration(tmp_path: Path) -> None:
    """Files are joined in order of name; hidden ones and other kinds are left alone."""
    (tmp_path / "10-connections.yaml").write_text(TWO_CONNECTIONS, encoding="utf-8")
    syncs = MINIMAL.removeprefix(TWO_CONNECTIONS)
    (tmp_path / "20-syncs.yml").write_text(f"connections:\n{syncs}", encoding="utf-8")
    (tmp_path / ".draft.yaml").write_text("{", encoding="utf-8")
    (tmp_path / "README.md").write_text("{", encoding="utf-8")

    config = load(tmp_path, SETTINGS, ENVIRONMENT)

    assert ["news-to-crm"] == list(config.syncs)
    assert ["10-connections.yaml", "20-syncs.yml"] == [file.name for file in config.files]


def test_anchors_serve_to_say_a_thing_once(tmp_path: Path) -> None:
    """Aliases are followed, within bounds."""
    sync = sync_of(tmp_path, "fields: {A: &rule {to: x, policy: max}}\n    required: &r [A]")

    assert Policy.MAX is sync.pairs[0].overrides["A"].policy  # type: ignore[union-attr] # it is written


def test_a_star_of_syncs_is_no_ring(tmp_path: Path) -> None:
    """R13: many ends around one CRM have one authority and load."""
    config = loaded(
        tmp_path,
        """\
        connections:
          a: {type: file, path: a.csv}
          b: {type: file, path: b.csv}
          c: {type: system, token: "${env:TOKEN}"}
        syncs:
          a-to-c: {source: {connection: a}, crm: {connection: c}}
          b-to-c: {source: {connection: b}, crm: {connection: c}}
          a-to-b: {source: {connection: a}, crm: {connection: b}, direction: pull}
        """,
    )

    assert 3 == len(config.syncs)


def test_a_secret_in_plain_text_is_a_warning(tmp_path: Path) -> None:
    """It works, nested ones included, but the operator is told; the secret is not repeated."""
    text = MINIMAL.replace('"${env:TOKEN}"', "plain-1, quota: {second_token: plain-2}")

    warnings = [str(warning) for warning in loaded(tmp_path, text).warnings]

    message = "a secret stands in the file in plain text. Write ${env:NAME} or ${file:PATH} in its"
    assert [
        f"{tmp_path}/crmsyncd.yaml:3:30: connections.crm.token: {message} place.",
        f"{tmp_path}/crmsyncd.yaml:3:61: connections.crm.quota.second_token: {message} place.",
    ] == warnings


def test_an_unused_connection_is_a_warning(tmp_path: Path) -> None:
    """A connection alone is allowed, so that it can be tried before syncs are written."""
    (warning,) = loaded(tmp_path, "connections: {news: {type: file, path: x}}\n").warnings

    assert ("connections.news", "no sync uses this connection") == (warning.where, warning.message)


def test_a_snapshot_cannot_be_changed(tmp_path: Path) -> None:
    """R16: what a cycle reads is the same from its first step to its last."""
    config: Any = loaded(tmp_path, MINIMAL)

    with pytest.raises(FrozenInstanceError):
        config.service = None
    with pytest.raises(TypeError):
        config.syncs["other"] = None
    with pytest.raises(ValidationError):
        config.syncs["news-to-crm"].direction = Direction.PULL
    with pytest.raises(TypeError):
        config.syncs["news-to-crm"].conflicts.fields["a"] = Policy.MAX


@given(st.integers(1, 999_999), st.sampled_from("smhdw"))
def test_a_duration_is_read_and_written_back(count: int, unit: str) -> None:
    """Every duration has a text that means the same."""
    from pydantic import TypeAdapter

    from config.scalars import Duration

    adapter = TypeAdapter[timedelta](Duration)
    duration = adapter.validate_python(f"{count}{unit}")

    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}[unit]
    assert timedelta(seconds=count * seconds) == duration
    assert adapter.dump_python(duration, mode="json") == duration_text(duration)
