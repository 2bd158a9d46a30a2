"""The database every sandbox begins with: modules, users, countries; nobody in it.

It takes half a minute to make and five megabytes, so it is made once and copied.
"""

import shutil
import tempfile
from pathlib import Path

from adapters.tryton.sandbox.environment import Environment, NoServerError
from adapters.tryton.sandbox.server import (
    DATABASE,
    DeedRefusedError,
    Server,
    User,
    configuration,
    serving,
)
from daemon.clock import Clock

ADMIN = User(login="admin", password="the-admin-of-a-sandbox")  # noqa: S106 - a local tool
SYNC = User(login="crmsyncd", password="the-sync-of-a-sandbox")  # noqa: S106
PERSON = User(login="rep", password="a-person-of-a-sandbox")  # noqa: S106
MODULES = ("party", "sale_opportunity")
GROUPS = ("Party Administration", "Sales", "Sale Opportunity")
COUNTRIES = (("DE", "Germany"), ("FR", "France"), ("AT", "Austria"), ("GB", "UK"))
_RELEASE = 1
"""Raised when what is in the template changes."""


async def template(installed: Environment, clock: Clock) -> Path:
    """Return the template's file; makes it first. Raises NoServerError."""
    path = installed.folder / f"template-{installed.digest}-{_RELEASE}.sqlite"
    if path.is_file():
        return path
    with tempfile.TemporaryDirectory(dir=installed.folder) as name:
        folder = Path(name)
        made = folder / f"{DATABASE}.sqlite"
        await _initialise(installed, folder, made)
        async with serving(installed, folder, clock) as server:
            try:
                await _furnish(server)
            except DeedRefusedError as refused:
                raise NoServerError(str(refused)) from refused
        copy_database(made, path)
    return path


def copy_database(source: Path, target: Path) -> None:
    """Copy a database that nobody has open, with what was written and not yet merged into it."""
    for suffix in ("-wal", ""):  # the file whose presence counts comes last
        part = source.with_name(f"{source.name}{suffix}")
        if part.is_file():
            temporary = target.with_name(f"{target.name}{suffix}.part")
            shutil.copyfile(part, temporary)
            temporary.replace(target.with_name(f"{target.name}{suffix}"))


async def _initialise(installed: Environment, folder: Path, made: Path) -> None:
    settings = _write_settings(folder, made)
    admin = (installed.programs / "trytond-admin", "-c", settings, "-d", DATABASE)
    secret = {"TRYTONPASSFILE": str(folder / "password")}
    await installed.run(
        *admin, "-u", *MODULES, "--activate-dependencies", "--email", "admin@example.com",
        more=secret,
    )  # fmt: skip
    await installed.run(*admin, "--login", ADMIN.login, "--administrator", more=secret)


def _write_settings(folder: Path, made: Path) -> Path:
    """Make the empty file that Tryton wants to find, and what its admin program reads."""
    made.touch()
    (folder / "password").write_text(ADMIN.password, encoding="utf-8")
    settings = folder / "trytond.conf"
    settings.write_text(configuration(folder, 0), encoding="utf-8")
    return settings


async def _furnish(server: Server) -> None:
    """Add the users with their groups, and what codes refer to."""
    found = await server.call(
        ADMIN,
        "model.res.group.search_read",
        [["name", "in", list(GROUPS)]],
        0,
        None,
        None,
        ["id"],
        {},
    )
    groups = [["add", [one["id"] for one in found]]]
    users = [
        {"name": one.login, "login": one.login, "password": one.password, "groups": groups}
        for one in (SYNC, PERSON)
    ]
    await server.call(ADMIN, "model.res.user.create", users, {})
    countries = [{"code": code, "name": name} for code, name in COUNTRIES]
    await server.call(ADMIN, "model.country.country.create", countries, {})
    euro = {"code": "EUR", "name": "Euro", "symbol": "€"}
    await server.call(ADMIN, "model.currency.currency.create", [euro], {})
