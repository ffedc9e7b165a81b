"""Write a new park folder: settings, templates and a page that says what to do next.

What is written reads back without an error; nothing that exists is overwritten.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from ecopark.core.whole import all_or_nothing
from ecopark.errors import InputError, Place, Problem
from ecopark.observations.park_folder import EVIDENCE_COLUMNS
from ecopark.observations.quantity import catalogue
from ecopark.observations.templates import cut_for, write_template

DATA_FILE = "park-data.xlsx"
SUBJECTS_HEADER = "subject,kind,parent,from,until,name\n"

PARK_TOML = """\
# 园区设置。以 # 开头的行是说明，去掉 # 即生效。
# Settings of the park. Lines that begin with # are examples; remove the # to use them.

[park]
id = {id}
name = {name}
{since}
{base_year}
{province}

# 四至或统计口径变化（趋势在该年断开） / a change of boundary or scope: trends break there
# [[scope]]
# from = 2022
# zh = "扩区后，面积 22.5 平方公里"
# en = "after the extension, 22.5 km2"

# 企业、组团等对象也可写在 data/subjects.csv / firms and groups; or in data/subjects.csv
# [[subject]]
# subject = "firm-001"
# kind = "firm"
# name = "某某公司"
# from = 2018

# 责任部门 / who answers for a figure
[departments]
# park_area_km2 = "自然资源和规划局"

# 各标准的选项和参数 / options and parameters of a standard
# [options."hj274-2015"]
# key = "value"

# 用户已核对的系数；实测系数 / factors you have checked; factors you have measured
# 电网：national、north、east……或省（jiangsu 等）/ grid: national, a region or a province
[factors]
confirm = []
grid = "national"
# [factors.values."grid.average.national"]
# value = "0.5366"
# unit = "kgCO2/kWh"
# source = "..."

# 称号的关键日期 / dated facts of a title
# [[title]]
# id = "eco_industrial_park"
# step = "named"
# date = 2024-05-17
"""

VERIFIED_TOML = """\
# 谁在何时对照哪份正式文本核对了哪一条款 / who checked which clause against which official text
# [[verified]]
# clause = "hj274-2015/1"
# by = "..."
# against = "HJ 274-2015, ..."
# date = "2025-01-01"
"""

README = """\
# {name}

1. 填写 `data/{data}`（第一张表是说明）。没有的留空，不要填 0。企业名录填 `data/subjects.csv`。
   Fill in `data/{data}` (see its first sheet). Leave empty what you do not have. Firms go into `data/subjects.csv`.
2. 核对 / check: `ecopark check {folder}`
3. 评价 / assess: `ecopark assess {folder} --pack hj274-2015 --out dossier/`
4. 溯源 / explain one number: `ecopark explain {folder} hj274-2015/10`
{packs}
| 文件 file | 内容 what |
|---|---|
| `park.toml` | 园区、口径、部门、标准选项、系数 · the park, its scopes, departments, options, factors |
| `data/` | 全部数据（xlsx、csv、parquet 均可，可放多个文件） · all figures, in any number of files |
| `evidence/` | 佐证材料及清单 `evidence.csv` · documents and their list |
| `verified.toml` | 条款核对记录 · who checked which clause |
"""


def new_park(
    path: str | Path,
    *,
    years: Sequence[int],
    park_id: str = "",
    name: str = "",
    since: int | None = None,
    base_year: int | None = None,
    province: str = "",
    quantities: Iterable[str] | None = None,
    lang: str = "zh",
    packs: Sequence[str] = (),
) -> list[Path]:
    """Write a park folder and return its files.

    Parameters
    ----------
    path
        The new directory; it must not exist or be empty.
    years
        Calendar years of the templates.
    park_id, name, since, base_year, province
        The [park] table; the id is the directory's name if none is given.
    quantities, lang
        See `write_template`.
    packs
        Titles of the standards that `quantities` were chosen for; said in the README and on the first sheet.

    Raises
    ------
    InputError
        The directory holds something already.
    """
    path = Path(path)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise InputError(
            [
                Problem(
                    "exists",
                    Place(str(path)),
                    "已存在且不是空文件夹，未写入任何内容。",
                    "this exists and is not an empty folder; nothing was written.",
                    "请换一个名称。",
                    "Choose another name.",
                )
            ]
        )
    known = catalogue()
    wanted = None if quantities is None else [known[q].id for q in quantities]
    park_id = park_id or path.resolve().name
    shown = name or park_id
    texts = {
        "park.toml": PARK_TOML.format(
            id=_toml(park_id),
            name=_toml(shown),
            since=_line("since", since, "2006"),
            base_year=_line("base_year", base_year, "2020   # 可比价的基年 / base year of constant prices"),
            province=_line("province", province or None, '"江苏"'),
        ),
        "verified.toml": VERIFIED_TOML,
        "README.md": README.format(
            name=shown,
            data=DATA_FILE,
            folder=path.name,
            packs="".join(f"\n{text}\n" for text in cut_for(packs)) if packs else "",
        ),
        "evidence/evidence.csv": ",".join(EVIDENCE_COLUMNS) + "\n",
        "data/subjects.csv": SUBJECTS_HEADER,
    }
    with all_or_nothing(path) as work:
        for part in ("data", "evidence"):
            (work / part).mkdir()
        for file, text in texts.items():
            # a BOM lets spreadsheet programs open the CSV files as UTF-8
            (work / file).write_text(text, encoding="utf-8-sig" if file.endswith(".csv") else "utf-8", newline="\n")
        write_template(
            work / "data" / DATA_FILE, wanted, years, lang=lang, base_year=base_year, title=shown, packs=packs
        )
    return [path / file for file in (*texts, f"data/{DATA_FILE}")]


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _line(key: str, value: str | int | None, example: str) -> str:
    if value is None:
        return f"# {key} = {example}"
    return f"{key} = {_toml(value) if isinstance(value, str) else value}"
