"""Column types our tables share, and the way from a model to its Core table."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, Column, Dialect, Integer, String, Table, TypeDecorator
from sqlmodel import SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """An aware UTC time as sortable text, to the microsecond."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Refuse naive times; write UTC."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time must be aware; give it a time zone")
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """Return an aware time."""
        del dialect
        return None if value is None else datetime.fromisoformat(value)


NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""Whole numbers that may outgrow 32 bits; SQLite counts up only its own INTEGER type."""


def serial() -> Column[int]:
    """Return a primary key that counts up by itself and never reuses a number."""
    return Column(NUMBER, primary_key=True, autoincrement=True)


def table(model: type[SQLModel]) -> Table:
    """Return the Core table of a model: what bulk statements use."""
    found: Table = SQLModel.metadata.tables[str(model.__tablename__)]
    return found
