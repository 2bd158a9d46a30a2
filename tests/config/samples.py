"""Two types of connection as an adapter would bring them, and how the tests load a text."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from config.load import load
from config.snapshot import Config

ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {"TOKEN": "tok-4711", "EMPTY": " ", "LIMIT": "7", "WRONG": "two words"}
)

TWO_CONNECTIONS = """\
connections:
  news: {type: file, path: news.csv, key: id}
  crm: {type: system, token: "${env:TOKEN}"}
"""

MINIMAL = f"""\
{TWO_CONNECTIONS}syncs:
  news-to-crm:
    source: {{connection: news}}
    crm: {{connection: crm, object: contacts}}
"""


class FileSettings(BaseModel):
    """A file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    key: str = ""


class Quota(BaseModel):
    """A nested part."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    per_second: int = Field(default=10, ge=1)
    second_token: SecretStr | None = None


class SystemSettings(BaseModel):
    """A remote system."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: SecretStr
    base_url: str = "https://example.com"
    quota: Quota = Quota()
    patience: int = Field(default=5, json_schema_extra={"fingerprint": False})

    @field_validator("token")
    @classmethod
    def _is_one_word(cls, token: SecretStr) -> SecretStr:
        text = token.get_secret_value()
        if " " in text:
            raise ValueError(f"{text} is not one word")  # careless on purpose
        return token


SETTINGS: Mapping[str, type[BaseModel]] = MappingProxyType(
    {"file": FileSettings, "system": SystemSettings}
)


def loaded(folder: Path, text: str, *, name: str = "crmsyncd.yaml") -> Config:
    """Write *text* as a configuration file of *folder* and load it."""
    file = folder / name
    file.write_text(dedent(text), encoding="utf-8")
    return load(file, SETTINGS, ENVIRONMENT, default_objects={"file": "rows"})
