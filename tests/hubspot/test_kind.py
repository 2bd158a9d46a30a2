"""The connection's keys, its paths, and how the product finds the adapter."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.hubspot.kind import KIND
from adapters.hubspot.paths import Paths
from adapters.hubspot.settings import HubSpotSettings
from adapters.registry import adapter_kinds


def test_the_registry_knows_it_by_its_word() -> None:
    """``type: hubspot`` leads here, with a standard mapping from canonical names."""
    kind = adapter_kinds()["hubspot"]

    assert KIND is kind
    assert "firstname" == kind.standard_fields["contacts"]["first_name"]
    assert ["contacts"] == list(kind.standard_fields)
    assert 1 == len(kind.standard_fields)
    assert kind.credential_setting in kind.settings.model_fields


def test_every_key_is_described() -> None:
    """A person who reads the schema learns what each key is for."""
    for model in (HubSpotSettings, HubSpotSettings.model_fields["poll"].annotation):
        assert model is not None
        assert all(field.description for field in model.model_fields.values())


def test_durations_are_written_as_people_write_them() -> None:
    """A duration may be "90s", "5m", plain seconds or ISO 8601."""
    poll = {"overlap": "90s", "slow_every": "5m", "slow_distance": "PT1H", "search_margin": 0.5}

    settings = HubSpotSettings.model_validate({"token": "x", "poll": poll})

    assert timedelta(seconds=90) == settings.poll.overlap
    assert timedelta(minutes=5) == settings.poll.slow_every
    assert timedelta(hours=1) == settings.poll.slow_distance
    assert timedelta(milliseconds=500) == settings.poll.search_margin


REFUSED = {
    "unknown key": {"tokn": "x"},
    "no token": {"token": ""},
    "two words": {"token": "Bearer abc"},
    "line break": {"token": "a\nb"},
    "plain http": {"base_url": "http://api.example.com"},
    "no address": {"base_url": "api.hubapi.com"},
    "a query": {"base_url": "https://api.hubapi.com/?x=1"},
    "a version nobody has": {"api_version": "latest"},
    "a negative time": {"request_time_out": -1},
    "no duration": {"poll": {"overlap": "soon"}},
    "unknown poll key": {"poll": {"often": 1}},
}


@pytest.mark.parametrize("keys", REFUSED.values(), ids=REFUSED)
def test_wrong_keys_are_refused_without_the_token(keys: dict[str, Any]) -> None:
    """A typo is an error before anything is asked, and no error shows the token."""
    with pytest.raises(ValidationError) as refused:
        HubSpotSettings.model_validate({"token": "very-secret", **keys})

    assert "very-secret" not in str(refused.value)
    assert "Bearer abc" not in str(refused.value)


def test_settings_do_not_show_the_token() -> None:
    """Printed settings keep their secret; sandboxes on this machine may be plain http."""
    settings = HubSpotSettings.model_validate(
        {"token": " very-secret ", "base_url": "http://127.0.0.1:8080/"}
    )

    assert "very-secret" not in repr(settings)
    assert "very-secret" == settings.token.get_secret_value()
    assert "http://127.0.0.1:8080" == settings.base_url


@pytest.mark.parametrize(
    ("version", "objects", "properties", "account"),
    [
        ("2026-09", "/crm/objects/2026-09/contacts/batch/read", "/crm/properties/2026-09/contacts", "/account-info/2026-09/details"),
        ("v3", "/crm/v3/objects/contacts/batch/read", "/crm/v3/properties/contacts", "/account-info/v3/details"),
    ],
)  # fmt: skip
def test_one_builder_knows_both_families_of_paths(
    version: str, objects: str, properties: str, account: str
) -> None:
    """The version segment moves behind the family's name in dated versions: HubSpot pitfall 28."""
    paths = Paths(version)

    assert objects == paths.objects("contacts", "batch/read").path
    assert properties == paths.properties("contacts").path
    assert account == paths.account().path
    assert paths.record("contacts", "a/b").path.endswith("/contacts/a%2Fb")
    assert paths.record("contacts", "a/b").endpoint.endswith("/contacts/{id}")
