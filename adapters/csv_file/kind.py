"""Declares CSV files as a type of connection."""

from adapters.contract import AdapterKind
from adapters.csv_file.adapter import ROWS, CsvFile
from adapters.csv_file.settings import CsvSettings

KIND = AdapterKind(
    word="csv",
    title="CSV file",
    settings=CsvSettings,
    create=CsvFile,
    default_object=ROWS,
)
