"""A file and Salesforce's leads and contacts: the real command, a sandbox process, a person's life."""

import csv
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.processes import COMMAND, ask, crmsyncd, eventually

CONFIGURATION = """
connections:
  newsletter: {{type: csv, path: people.csv, key: id}}
  crm:
    type: salesforce
    base_url: {base_url}
    client_id: {client_id}
    client_secret: "${{env:SF_SECRET}}"
    poll: {{search_margin: 0s}}
    bulk: {{write_from: 20}}
syncs:
  people:
    source: {{connection: newsletter}}
    crm: {{connection: crm, object: {{lead, contact}}}}
    country: DE
    approval: {{first_run: none}}
    fields: {{"Opt-out": HasOptedOutOfEmail}}
"""
HEADER = ["id", "E-Mail", "First Name", "Last Name", "Company", "Job Title", "Opt-out"]


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The file, the CRM, and the command between them."""

    folder: Path
    told: dict[str, str]

    def act(self, of: str, deed: str, **body: object) -> dict[str, Any]:
        """Do something in Salesforce's pages; return the record."""
        status, reply = ask("POST", f"{self.told['admin']}user/{of}/{deed}", body)
        assert 200 == status, reply
        return dict(json.loads(reply))

    def live(self, of: str) -> dict[str, dict[str, Any]]:
        """What Salesforce holds, by address; without what was deleted or converted."""
        _, reply = ask("GET", f"{self.told['admin']}state")
        records = json.loads(reply)["types"][of]["records"]
        values = [one["values"] for one in records]
        kept = [one for one in values if not one["IsDeleted"] and not one.get("IsConverted")]
        return {str(one.get("Email")): one for one in kept}

    def rows(self) -> dict[str, dict[str, str]]:
        """The file's rows by id."""
        with (self.folder / "people.csv").open(newline="", encoding="utf-8") as stream:
            return {row["id"]: row for row in csv.DictReader(stream)}

    def save(self, rows: list[dict[str, str]]) -> None:
        """Save the file as an editor would."""
        with (self.folder / "people.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, HEADER, restval="")
            writer.writeheader()
            writer.writerows(rows)

    def edit(self, id_: str, **values: str) -> None:
        """Change one row; underscores stand for blanks."""
        changed = {name.replace("_", " "): value for name, value in values.items()}
        self.save([row | changed if row["id"] == id_ else row for row in self.rows().values()])

    def sync(self) -> dict[str, Any]:
        """Run once; return the report."""
        secret = {"SF_SECRET": self.told["client_secret"]}
        done = crmsyncd("sync", "people", "--json", folder=self.folder, environment=secret)
        assert 0 == done.code, done.out + done.err
        return dict(done.json)


@contextmanager
def desk(folder: Path) -> Iterator[Desk]:
    words = [COMMAND, "sandbox", "salesforce", "--port", "0", "--records", "5"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        text = CONFIGURATION.format(base_url=told["base_url"], client_id=told["client_id"])
        (folder / "crmsyncd.yaml").write_text(text, encoding="utf-8")
        try:
            yield Desk(folder=folder, told=told)
        finally:
            process.kill()


def person(id_: str, **more: str) -> dict[str, str]:
    return {
        "id": id_,
        "E-Mail": f"p{id_}@example.com",
        "First Name": f"First {id_}",
        "Last Name": f"Last {id_}",
        "Opt-out": "false",
        **more,
    }


def test_a_person_is_followed_from_lead_to_contact_and_through_a_merge(tmp_path: Path) -> None:
    """Nobody is made twice, edits of both sides arrive, and it settles (I20)."""
    with desk(tmp_path) as on:
        on.save([person("1", Company="Acme"), person("2")])
        assert 2 == on.sync()["counts"]["created"]
        lead = on.live("Lead")["p1@example.com"]
        assert "[not provided]" == on.live("Lead")["p2@example.com"]["Company"]

        on.act("Lead", "convert", id=lead["Id"])
        on.edit("1", Job_Title="Head of Growth")
        on.sync()
        contact = on.live("Contact")["p1@example.com"]
        assert "Head of Growth" == contact["Title"]

        twin = on.act(
            "Contact", "create", properties={"LastName": "Last 1", "Email": "q@example.com"}
        )
        on.act("Contact", "merge", primary=twin["id"], other=contact["Id"])
        on.act("Contact", "edit", id=twin["id"], properties={"HasOptedOutOfEmail": True})
        eventually(
            lambda: on.sync() and on.rows()["1"]["Opt-out"] == "true", "the opt-out of the winner"
        )

        assert "" == on.rows()["2"]["Company"]
        people = [*on.live("Lead"), *on.live("Contact")]
        assert 1 == len([one for one in people if one in {"p1@example.com", "q@example.com"}])
        assert {} == on.sync()["plan"]["operations"]


def test_a_large_load_goes_by_one_job(tmp_path: Path) -> None:
    """And a second run has nothing to do."""
    with desk(tmp_path) as on:
        on.save([person(str(number)) for number in range(30)])

        report = on.sync()

        assert 30 == report["counts"]["created"]
        assert 30 <= len(on.live("Lead"))
        _, calls = ask("GET", f"{on.told['admin']}calls")
        assert 1 == json.loads(calls)["by_endpoint"]["POST jobs/ingest"]
        assert {} == on.sync()["plan"]["operations"]
