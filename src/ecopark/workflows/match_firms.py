"""Match firms across departments' tables, and say how well that works on tables with seeded errors.

python -m ecopark.workflows.match_firms          precision and recall, as in the docs
"""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping
from pathlib import Path

from ecopark.errors import EcoparkError, InputError
from ecopark.examples.codes import invented_credit_codes
from ecopark.grading.firms import field_of
from ecopark.grading.match import Matching, Record, match_tables, precision_recall
from ecopark.observations.numbers import clean, is_none_given, shown
from ecopark.observations.readers import read_tables
from ecopark.observations.safe_text import safe_cell

DEPARTMENTS = ("tax", "power", "water", "land", "environment")
ADDRESS = ("address", "地址", "注册地址", "经营地址", "用电地址", "坐落")


def read_records(department: str, path: Path) -> list[Record]:
    """The firms of one department's table: name, credit_code, address, landlord, and a key (firm) where it has one.

    Raises
    ------
    InputError
        The file cannot be read.
    EcoparkError
        It has neither a name nor a credit code.
    """
    tables, problems = read_tables(path, str(path))
    if not tables:
        raise InputError(problems)
    rows = tables[0].rows
    columns: dict[str, int] = {}
    for at, cell in enumerate(rows[0]):
        name = "address" if clean(shown(cell)).lower() in ADDRESS else field_of(cell)
        if name:
            columns.setdefault(name, at)
    if not {"name", "credit_code", "firm"} & set(columns):
        raise EcoparkError(
            f"{path}: a department's table needs a column name or credit_code",
            zh=f"{path}：部门的表须有 name 或 credit_code 列",
        )

    def text(row: list[object], name: str) -> str:
        at = columns.get(name, -1)
        return shown(row[at]).strip() if 0 <= at < len(row) and not is_none_given(row[at]) else ""

    found = []
    for number, row in enumerate(rows[1:], 2):
        name = text(row, "name") or text(row, "firm")
        if name or text(row, "credit_code"):
            key = text(row, "firm") or str(number)
            found.append(
                Record(department, key, name, text(row, "credit_code"), text(row, "address"), text(row, "landlord"))
            )
    return found


def match_files(files: Mapping[str, Path]) -> Matching:
    """Match the tables of several departments."""
    return match_tables({name: read_records(name, path) for name, path in files.items()})


def write_matching(found: Matching, path: Path) -> Path:
    """One row a record: the firm it belongs to, what its table says, and whether it is in other tables."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["firm", "firm_name", "table", "key", "name", "credit_code", "address", "landlord", "tables"])
        for e in found.entities:
            tables = len({r.table for r in e.records})
            for r in e.records:
                cells = (e.id, e.name, r.table, r.key, r.name, r.credit_code, r.address, e.landlord, str(tables))
                rows.writerow([safe_cell(cell) for cell in cells])
    return path


# -- tables with seeded errors -----------------------------------------------------------------------------------------

_PLACES = (
    "云栖",
    "青溪",
    "安吉",
    "长河",
    "竹海",
    "白水",
    "南浔",
    "海宁",
    "临港",
    "西塞",
    "东郊",
    "北岸",
    "梅溪",
    "天荒",
    "递铺",
)
_WORDS = tuple("华盛达宏鑫瑞恒泰源凯利丰隆佳诚信卓越星宇通晟博腾立新中正永嘉")
_TRADES = (
    "机械",
    "电子",
    "纺织",
    "化工",
    "竹制品",
    "食品",
    "医药",
    "建材",
    "塑业",
    "五金",
    "新材料",
    "家具",
    "汽配",
    "印染",
)
_LOOKS = (("机械", "机戒"), ("电子", "电孑"), ("新材料", "新材枓"), ("华", "桦"), ("鑫", "金"), ("源", "原"))


def seeded_tables(firms: int = 2000, seed: int = 11) -> tuple[dict[str, list[Record]], dict[tuple[str, str], str]]:
    """Five departments' tables of invented firms with typing errors, and which record is which firm.

    A third of the codes is missing outside the tax table, one in twelve is mistyped; names are shortened, misspelt or carry
    brackets; addresses are abbreviated; one in seven firms is a tenant at its landlord's address.
    """
    rng = random.Random(seed)
    codes = invented_credit_codes(firms)
    names: list[str] = []
    while len(names) < firms:
        name = rng.choice(_PLACES) + "".join(rng.sample(_WORDS, 2)) + rng.choice(_TRADES)
        names.append(name + rng.choice(("有限公司", "有限公司", "股份有限公司", "厂")))
    places = [
        f"{rng.choice(_PLACES)}镇{rng.choice(_WORDS)}{rng.choice(_WORDS)}路{rng.randint(1, 999)}号" for _ in names
    ]
    owners = [rng.randrange(firms) if rng.random() < 1 / 7 else i for i in range(firms)]
    tables: dict[str, list[Record]] = {d: [] for d in DEPARTMENTS}
    truth = {}
    for i in range(firms):
        for d in DEPARTMENTS:
            if d != "tax" and rng.random() < 0.15:
                continue
            key, clean_row = f"{d[0].upper()}{i}", d == "tax"
            code = codes[i] if clean_row else _code(rng, codes[i])
            name = names[i] if clean_row else _name(rng, names[i])
            place = places[owners[i]] if clean_row or rng.random() < 0.7 else _address(rng, places[owners[i]])
            landlord = codes[owners[i]] if d == "land" and owners[i] != i else ""
            tables[d].append(Record(d, key, name, code, place, landlord))
            truth[(d, key)] = str(i)
    return tables, truth


def _code(rng: random.Random, code: str) -> str:
    roll = rng.random()
    if roll < 0.33:
        return ""
    if roll < 0.41:
        at = rng.randrange(8, 18)
        return code[:at] + rng.choice("0123456789ABCDEF") + code[at + 1 :]
    return code.lower() if roll < 0.5 else code


def _name(rng: random.Random, name: str) -> str:
    roll = rng.random()
    if roll < 0.12:
        return name.replace("有限公司", "").replace("股份", "")
    if roll < 0.2:
        return name[:2] + "（浙江）" + name[2:]
    if roll < 0.3:
        for right, wrong in _LOOKS:
            if right in name:
                return name.replace(right, wrong, 1)
    if roll < 0.36:
        at = rng.randrange(1, len(name) - 3)
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    return name


def _address(rng: random.Random, place: str) -> str:
    return rng.choice((place.replace("镇", ""), place.replace("号", ""), place + "2幢", ""))


def main() -> None:
    """Print precision and recall on the seeded tables."""
    tables, truth = seeded_tables()
    found = match_tables(tables)
    precision, recall = precision_recall(found, truth)
    print(f"{sum(map(len, tables.values()))} records of {len(set(truth.values()))} firms: "
          f"precision {precision:.4f}, recall {recall:.4f}; {found.report()}")  # fmt: skip


if __name__ == "__main__":
    main()
