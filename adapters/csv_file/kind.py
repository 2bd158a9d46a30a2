"""Declares CSV files as a type of connection."""

from adapters.contract import AdapterKind
from adapters.csv_file.adapter import ROWS, CsvFile
from adapters.csv_file.settings import CsvSettings
from adapters.guide import Guide, Question

KIND = AdapterKind(
    word="csv",
    title="CSV file",
    settings=CsvSettings,
    create=CsvFile,
    default_object=ROWS,
    guide=Guide(
        steps=(
            "Put the file where crmsyncd may read it, and write it where the sync goes both ways.",
            "Choose the column whose text tells the rows apart for ever: a number, not the e-mail.",
        ),
        questions=(
            Question(setting="path", prompt="Path of the file"),
            Question(setting="key", prompt="Header of the key column", default="id"),
        ),
    ),
)
