"""Stored credentials: sealed, bound to whose they are, renewed by one at a time."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from state import credentials
from state.columns import table
from state.credentials import NothingStored, Overtaken
from state.database import State
from state.sealing import Identity, KeyMissing, KeyRing, Tampered, new_key, trace_of
from state.tables import Credential
from tests.state.samples import NOON, after

SECRET = "pat-eu1-0000-not-a-real-one"
RING = KeyRing(keys=(new_key(),))
OURS = Identity(connection="crm", type="system", account="1234567", setting="token")
THEIRS = replace(OURS, connection="other")


def stored(state: State, identity: Identity = OURS, secret: str = SECRET) -> str:
    """Store a secret; return its revision."""
    return state.write_now(
        credentials.put,
        lambda: RING,
        identity=identity,
        secret=secret,
        account_name="Acme",
        at=NOON,
    )


def secret_of(state: State, identity: Identity = OURS, ring: KeyRing = RING) -> str:
    row = state.read_now(credentials.get, identity.connection, identity.setting)
    return row.open(ring)


def renewed(state: State, revision: str, secret: str) -> str:
    return state.write_now(
        credentials.renew,
        lambda: RING,
        name="crm",
        setting="token",
        revision=revision,
        secret=secret,
        at=after(5),
    )


def test_what_is_stored_comes_back(state: State) -> None:
    """With its account and the time it was given at; a second one takes its place."""
    stored(state, secret="the first")
    stored(state)

    (found,) = state.read_now(credentials.everything)
    assert SECRET == secret_of(state)
    assert (OURS, "Acme", NOON, None) == (
        found.identity, found.account_name, found.stored_at, found.renewed_at
    )  # fmt: skip


def test_the_state_never_holds_the_plain_text(file_place: str) -> None:
    """No file of the state has the secret or the key in it, the write-ahead log included."""
    from state.opening import open_state

    state = open_state(file_place)
    stored(state)

    files = [file.read_bytes() for file in Path(file_place).iterdir()]
    state.close()
    assert 2 <= len(files)
    assert not any(SECRET.encode() in content for content in files)
    assert not any(RING.current.value in content for content in files)


def test_equal_secrets_do_not_look_equal(state: State) -> None:
    """Each seal has a nonce of its own: who reads the table cannot tell who shares a secret."""
    stored(state)
    stored(state, THEIRS)

    first, second = state.read_now(credentials.everything)
    assert first.sealed != second.sealed


@pytest.mark.parametrize(
    ("column", "value"),
    [("connection", "spare"), ("type", "elsewhere"), ("account_id", "666"), ("setting", "other")],
)
def test_a_moved_row_does_not_open(state: State, column: str, value: str) -> None:
    """Whose it is, is sealed in: a row edited to serve another connection or account is shut."""
    stored(state)

    def move(connection: Connection) -> None:
        connection.execute(update(table(Credential)).values({column: value}))

    state.write_now(move)
    (row,) = state.read_now(credentials.everything)
    with pytest.raises(Tampered, match="belongs to another connection"):
        row.open(RING)


def test_a_copied_seal_does_not_open(state: State) -> None:
    """Two rows that swap their sealed texts are both shut."""
    stored(state)
    stored(state, THEIRS, "another secret")
    ours, theirs = state.read_now(credentials.everything)

    for row, sealed in ((ours, theirs.sealed), (theirs, ours.sealed)):
        with pytest.raises(Tampered):
            replace(row, sealed=sealed).open(RING)


def test_one_changed_byte_is_seen(state: State) -> None:
    """At any place: nonce, content and tag. The error shows neither secret nor sealed text."""
    stored(state)
    row = state.read_now(credentials.get, "crm", "token")

    for place in range(0, len(row.sealed) - 4, 7):
        other = "A" if row.sealed[place] != "A" else "B"
        broken = row.sealed[:place] + other + row.sealed[place + 1 :]
        with pytest.raises(Tampered) as refused:
            replace(row, sealed=broken).open(RING)
        assert SECRET not in str(refused.value)
        assert broken not in str(refused.value)


@pytest.mark.parametrize("sealed", ["", "AAAA", "no base64!", "AAAAAAAAAAAAAAAA"])
def test_rubbish_is_a_named_error(state: State, sealed: str) -> None:
    """What is no seal at all is told like a changed one."""
    stored(state)
    row = state.read_now(credentials.get, "crm", "token")

    with pytest.raises(Tampered):
        replace(row, sealed=sealed).open(RING)


def test_a_wrong_key_is_named(state: State) -> None:
    """The missing key is told by its id, which says nothing of the key."""
    stored(state)

    with pytest.raises(KeyMissing, match=RING.current.id):
        secret_of(state, ring=KeyRing(keys=(new_key(),)))
    assert RING.current.value.hex()[:8] not in RING.current.id
    assert "value" not in repr(RING)


def test_a_renewed_token_is_there_before_it_is_used(state: State) -> None:
    """The new one is committed when ``renew`` returns; the old revision is of no use any more."""
    first = stored(state)

    second = renewed(state, first, "the second")

    row = state.read_now(credentials.get, "crm", "token")
    assert ("the second", second, NOON, after(5)) == (
        row.open(RING), row.revision, row.stored_at, row.renewed_at
    )  # fmt: skip


def test_of_two_who_renew_one_is_told(state: State) -> None:
    """Who comes second learns that the stored one is another by now, and writes nothing."""
    first = stored(state)
    renewed(state, first, "the second")

    with pytest.raises(Overtaken):
        renewed(state, first, "a dead one")

    assert "the second" == secret_of(state)


def test_what_a_person_gave_is_not_overwritten_by_a_late_renewal(state: State) -> None:
    """Neither after it was replaced, nor after it was forgotten and given again."""
    late = [stored(state, secret="old")]
    late.append(stored(state, secret="new"))
    state.write_now(credentials.forget, "crm")
    with pytest.raises(NothingStored):
        renewed(state, late[1], "a dead one")
    stored(state)

    for revision in late:
        with pytest.raises(Overtaken):
            renewed(state, revision, "a dead one")
    assert SECRET == secret_of(state)


def test_a_renewal_survives_a_new_key(state: State) -> None:
    """Sealing anew changes no revision: a token that is being renewed meanwhile is not lost."""
    first = stored(state)
    ring = KeyRing(keys=(new_key(), *RING.keys))
    assert 1 == state.write_now(credentials.reseal, lambda: ring)

    renewed(state, first, "the second")

    assert "the second" == secret_of(state)


def test_sealing_anew_is_all_or_nothing(state: State) -> None:
    """One that does not open keeps all as they are, and is named."""
    stored(state)
    foreign = KeyRing(keys=(new_key(),))
    state.write_now(
        credentials.put,
        lambda: foreign,
        identity=THEIRS,
        secret="another",
        account_name="",
        at=NOON,
    )
    before = state.read_now(credentials.everything)

    ring = KeyRing(keys=(new_key(), *RING.keys))
    with pytest.raises(KeyMissing, match="'other'"):
        state.write_now(credentials.reseal, lambda: ring)

    assert before == state.read_now(credentials.everything)
    assert {("other", "token")} == set(state.read_now(credentials.shut, RING))


def test_forgetting_takes_all_of_a_connection(state: State) -> None:
    """And nothing of its neighbours."""
    stored(state)
    stored(state, replace(OURS, setting="refresh_token"))
    stored(state, THEIRS)

    assert 2 == state.write_now(credentials.forget, "crm")
    assert [THEIRS] == [row.identity for row in state.read_now(credentials.everything)]


def test_the_mark_tells_of_each_change(state: State) -> None:
    """Storing, renewing, replacing by an equal one, forgetting; reading changes nothing."""
    marks = [state.read_now(credentials.mark)]
    first = stored(state)
    marks.append(state.read_now(credentials.mark))
    renewed(state, first, SECRET)
    marks.append(state.read_now(credentials.mark))
    stored(state)
    marks.append(state.read_now(credentials.mark))

    assert "" == marks[0]
    assert 4 == len(set(marks))
    assert marks[-1] == state.read_now(credentials.mark)
    state.write_now(credentials.forget, "crm")
    assert "" == state.read_now(credentials.mark)


def test_the_trace_of_a_secret_takes_long_to_make() -> None:
    """The state notes which credential it last saw; a hash made at once could be tried backwards."""
    with_one, with_another = trace_of("password=one"), trace_of("password=another")

    assert with_one != with_another
    assert with_one == trace_of("password=one")
    assert 32 == len(with_one)
    started = time.perf_counter()
    trace_of("password=a third one")
    assert 0.005 < time.perf_counter() - started
