"""Stored credentials as people and configurations meet them: given, listed, forgotten, sealed anew."""

import base64
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.secrets import Unavailable
from daemon.clock import SystemClock
from daemon.use_cases import credentials as work
from daemon.use_cases.attend import NotFound
from daemon.use_cases.credentials import StoredSecrets, sealing_ring
from state import audit, credentials
from state.database import State
from state.keyring import KeyPlace, KeyUnusable, key_place
from state.opening import open_state
from state.sealing import Identity
from tests.state.samples import NOON
from tests.use_cases.dying import SECRETS

KEY, OTHER_KEY = (base64.b64encode(bytes([number] * 32)).decode() for number in (1, 2))
CLOCK = SystemClock()


@pytest.fixture
def place(tmp_path: Path) -> str:
    return str(tmp_path / "state")


@pytest.fixture
def state(place: str) -> Iterator[State]:
    opened = open_state(place, inline=True)
    yield opened
    opened.close()


def give(state: State, keys: KeyPlace, name: str = "crm", secret: str = SECRETS["crm"]) -> None:
    """Store a secret as ``connect`` does."""
    state.write_now(
        lambda connection: credentials.put(
            connection,
            lambda: sealing_ring(connection, keys),
            identity=Identity(connection=name, type="system", account="1", setting="token"),
            secret=secret,
            account_name="Acme",
            at=NOON,
        )
    )


def give_both(state: State, keys: KeyPlace) -> None:
    for name, secret in SECRETS.items():
        give(state, keys, name, secret)


def secret_at(place: str, **environment: str) -> str:
    return StoredSecrets(place, environment).secret("crm", "system", "token")


def why_not(place: str, *asked: str, **environment: str) -> str:
    with pytest.raises(Unavailable) as refused:
        StoredSecrets(place, environment).secret(*(asked or ("crm", "system", "token")))
    reason, hint = refused.value.args
    return f"{reason}. {hint}"


def test_the_first_secret_makes_the_key(state: State, place: str) -> None:
    """The second one finds it."""
    keys = key_place({}, place)
    give_both(state, keys)

    assert SECRETS["crm"] == secret_at(place)
    assert 1 == len(keys.ring().keys)


def test_a_lost_key_is_not_replaced_in_silence(state: State, place: str) -> None:
    """A new one would look like a way on, and what is sealed with the lost one would be lost."""
    keys = key_place({}, place)
    give(state, keys)
    (Path(place) / "crmsyncd.key").unlink()

    with pytest.raises(KeyUnusable, match=r"is not there.*sealed with it: crm.*--forget"):
        give(state, keys, "other")

    assert not keys.exists()


def test_nothing_stored_is_told_with_the_command(state: State, place: str, tmp_path: Path) -> None:
    """In a state without it, and where no state is yet: none is made by looking."""
    told = "no token is stored for 'crm' in this state. Give it: crmsyncd connect system crm"

    assert told in why_not(place)
    assert told in why_not(str(tmp_path / "elsewhere"))
    assert not (tmp_path / "elsewhere").exists()


def test_each_way_not_to_open_has_its_words(state: State, place: str) -> None:
    """Lost key, wrong key, readable key, other type: the reason and what to do. Never a secret."""
    give(state, key_place({}, place))
    file = Path(place) / "crmsyncd.key"
    key = file.read_text(encoding="ascii")
    told = [why_not(place, "crm", "elsewhere", "token"), why_not(place, CRMSYNCD_KEY=KEY)]
    file.chmod(0o644)
    told.append(why_not(place))
    file.unlink()
    told.append(why_not(place))

    for words, said in zip(
        ("is for the type 'system'", "which is not at hand in the environment variable",
         "chmod 600", "is not there"), told, strict=True,
    ):  # fmt: skip
        assert words in said
        assert "Next" in said or "crmsyncd connect" in said or "back" in said
        assert SECRETS["crm"] not in said
        assert key.splitlines()[-1] not in said


def test_what_was_tampered_with_is_told(state: State, place: str) -> None:
    """A row changed behind our back is no wrong key: somebody wrote into the state."""
    give(state, key_place({}, place))
    state.write_now(
        lambda connection: connection.exec_driver_sql(
            "UPDATE credential SET account_id = 'somebody else'"
        )
    )

    assert "See who can write to the state" in why_not(place)


async def test_a_secret_that_moves_while_it_is_read(state: State, place: str) -> None:
    """A reader that saw the rows before a rotation and the key after it looks once more."""
    keys = key_place({}, place)
    give(state, keys)
    reader = StoredSecrets(place, {})
    reader.secret("crm", "system", "token")  # the rows are known now

    await work.rotate(state, CLOCK, keys, by="ana")

    assert SECRETS["crm"] == reader.secret("crm", "system", "token")


async def test_a_new_key_for_everything(state: State, place: str) -> None:
    """All open with the new one alone; the old one is kept apart, and the change is in the audit."""
    keys = key_place({}, place)
    give_both(state, keys)
    old = keys.ring()

    done = await work.rotate(state, CLOCK, keys, by="ana")

    assert (2, keys.ring().current.id) == (done.sealed_anew, done.key)
    assert old.current not in keys.ring().keys
    assert old == KeyPlace(text=None, file=Path(done.former_keys), is_ours=True).ring()
    assert SECRETS["crm"] == secret_at(place)
    newest = state.read_now(audit.latest, limit=1)[0]
    assert ("ana", "rotate_key") == (newest.actor, newest.action)


def test_killed_at_any_step_every_secret_opens(state: State, place: str) -> None:
    """Rotating dies at each of its steps in turn; all secrets open, and a second go ends it (G6)."""
    give_both(state, key_place({}, place))
    state.close()

    done = subprocess.run(
        [sys.executable, "-m", "tests.use_cases.dying", place],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    deaths, between, lost = map(int, done.stdout.split())
    assert 0 == lost
    assert 20 < deaths
    assert 5 < between


async def test_a_key_from_the_environment(state: State, place: str) -> None:
    """The new one is put in front by a person; then everything is sealed with it."""
    give_both(state, key_place({"CRMSYNCD_KEY": KEY}, place))
    both = {"CRMSYNCD_KEY": f"{OTHER_KEY} {KEY}"}

    with pytest.raises(KeyUnusable, match="Put a new one in front"):
        await work.rotate(state, CLOCK, key_place({"CRMSYNCD_KEY": KEY}, place), by="")
    done = await work.rotate(state, CLOCK, key_place(both, place), by="")

    assert (2, "") == (done.sealed_anew, done.former_keys)
    assert SECRETS["crm"] == secret_at(place, CRMSYNCD_KEY=OTHER_KEY)
    assert not (Path(place) / "crmsyncd.key").exists()


async def test_nothing_to_rotate(state: State, place: str) -> None:
    """No key is made for nothing."""
    with pytest.raises(NotFound, match="Nothing is stored"):
        await work.rotate(state, CLOCK, key_place({}, place), by="")


async def test_the_list_shows_everything_but_the_secret(state: State, place: str) -> None:
    """Each with whether it opens; the key's place, and why there is none."""
    keys = key_place({}, place)
    give(state, keys)
    well = await work.listed(state, keys)
    (Path(place) / "crmsyncd.key").rename(Path(place) / "elsewhere.key")
    ill = await work.listed(state, keys)

    (found,) = well.credentials
    assert ("crm", "token", "system", "Acme", "") == (
        found.connection, found.setting, found.type, found.account, found.problem
    )  # fmt: skip
    assert SECRETS["crm"] not in well.model_dump_json() + repr(well)
    assert "is not at hand" in ill.credentials[0].problem
    assert "is not there" in ill.problem


async def test_forgetting(state: State, place: str) -> None:
    """It is gone and audited; what is not there is told with what is."""
    give_both(state, key_place({}, place))

    done = await work.forget(state, CLOCK, connection="crm", by="ana")

    assert ("crm", 1) == (done.connection, done.secrets)
    assert "no token is stored" in why_not(place)
    assert "forget_credential" == state.read_now(audit.latest, limit=1)[0].action
    with pytest.raises(NotFound, match="Stored are: other"):
        await work.forget(state, CLOCK, connection="crm", by="ana")
