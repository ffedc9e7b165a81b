"""Files into tables of cells, nothing interpreted: workbooks, text tables, Parquet, data frames.

Adding a format is adding a file with one function decorated by `reader`. Every reader passes the same tests.
"""

from ecopark.observations.readers import csv_table, parquet_table, workbook  # noqa: F401  (they register themselves)
from ecopark.observations.readers.table import READERS, Limits, Table, read_tables, reader

__all__ = ["READERS", "Limits", "Table", "read_tables", "reader"]
