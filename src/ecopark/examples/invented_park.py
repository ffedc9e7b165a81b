"""The invented park: any number of firms from one seed, complete enough to be assessed, with a story.

`invented_park()` gives a park of 50 firms that passes every mandatory clause of HJ 274 but one in its last year;
`.story` says which and why. The park, its firms, its ground plan and its documents do not exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ecopark.core.period import Period
from ecopark.core.text import Text
from ecopark.core.value import Scalar
from ecopark.errors import Place
from ecopark.examples import geometry
from ecopark.examples.firms import COLUMNS, Column, Firms, draw_firms
from ecopark.examples.industries import GROUPS, INDUSTRIES
from ecopark.examples.park_figures import PARK_ID, Row, park_rows
from ecopark.examples.paths import STORY
from ecopark.observations.meaning import Meanings
from ecopark.observations.model import Facts, Observation, Subject
from ecopark.observations.quantity import catalogue

if TYPE_CHECKING:
    import polars as pl

NAME = Text("云栖示范园（虚构）", "Yunqi demonstration park (invented)")
YEARS = (2020, 2021, 2022, 2023, 2024, 2025)
SMALLEST = 30
LARGEST = 999_999
WATER_LIMIT = Fraction(55, 100)
"""Upper limit of the fresh-water elasticity that the story is about (HJ 274 clause 13)."""


def invented_park(firms: int = 50, seed: int = 7, years: tuple[int, ...] = YEARS) -> InventedPark:
    """An invented park with this many firms; the same arguments always give the same park.

    Parameters
    ----------
    firms
        Number of firms that ever exist, at least 30.
    seed
        Seed of the random generator (PCG64).
    years
        Consecutive calendar years, at least four.

    Returns
    -------
    park
        Its facts, subjects, ground plan and story.

    Raises
    ------
    ValueError
        Too few firms or years, or years that are not consecutive.

    Examples
    --------
    >>> park = invented_park()
    >>> park.name.en, len(park.subjects)
    ('Yunqi demonstration park (invented)', 61)
    """
    if not SMALLEST <= firms <= LARGEST:
        raise ValueError(f"an invented park has {SMALLEST} to {LARGEST} firms, not {firms}")
    years = tuple(years)
    if len(years) < 4 or years != tuple(range(years[0], years[0] + len(years))):
        raise ValueError(f"years must be at least four consecutive calendar years, not {years}")
    return InventedPark(draw_firms(firms, seed, years), seed)


@dataclass(frozen=True)
class InventedPark:
    """A park that does not exist.

    Parameters
    ----------
    firms
        Its firms with their figures as arrays.
    seed
        The seed it was drawn from.
    """

    firms: Firms
    seed: int
    id = PARK_ID
    name = NAME

    @property
    def years(self) -> tuple[int, ...]:
        """Calendar years with figures."""
        return self.firms.years

    @cached_property
    def subjects(self) -> tuple[Subject, ...]:
        """The park, its ten functional groups and its firms."""
        f = self.firms
        park = Subject(PARK_ID, NAME.zh, "park")
        groups = [
            Subject(gid, f"{name.zh}（虚构）", "group", PARK_ID, attributes=(("type", kind), ("name_en", name.en)))
            for gid, name, kind in GROUPS
        ]
        firms = [
            Subject(
                f.ids[i],
                f.names[i],
                "firm",
                f.groups[i],
                since=int(f.since[i]),
                until=int(f.until[i]) or None,
                attributes=(
                    ("industry_code", INDUSTRIES[f.industry[i]].code),
                    ("industry", INDUSTRIES[f.industry[i]].name.zh),
                    ("credit_code", f.credit_codes[i]),
                ),
            )
            for i in range(len(f.ids))
        ]
        return (park, *groups, *firms)

    @cached_property
    def park_rows(self) -> tuple[Row, ...]:
        """What the park office reports itself."""
        return tuple(park_rows(self.firms))

    def _firm_rows(self) -> Iterator[Row]:
        f = self.firms
        for column in COLUMNS:
            values = f.values[column.key]
            for i, firm in enumerate(f.ids):
                note = "新投产集成电路工厂（虚构）" if i == f.plant else ""
                for t, year in enumerate(f.years):
                    if f.active[i, t]:
                        yield Row(
                            firm,
                            column.quantity,
                            str(year),
                            _decimal(int(values[i, t]), column.decimals),
                            column.unit,
                            column.by,
                            column.source,
                            note,
                        )

    def rows(self) -> list[dict[str, str]]:
        """All facts as rows of the long form; for large parks use `frame`."""
        return [asdict(row) for row in (*self.park_rows, *self._firm_rows())]

    def facts(self) -> Facts:
        """All facts, exact, in canonical units; meant for parks of up to some thousand firms.

        Raises
        ------
        ValueError
            A row does not fit the catalogue (a mistake in this package).
        """
        meanings = Meanings(catalogue())
        periods = {str(y): Period(y) for y in self.years} | {"": Period.parse("")}
        place = Place(f"<invented park, seed {self.seed}>")
        observations = [_observation(row, meanings, periods, place) for row in (*self.park_rows, *self._firm_rows())]
        return Facts(observations, self.subjects)

    def frame(self, *, numeric: bool = False) -> pl.DataFrame:
        """All facts in the long form as a Polars frame; fast at any size.

        Parameters
        ----------
        numeric
            Give values as floats and leave out flags and codes; otherwise values are exact decimal texts.

        Returns
        -------
        frame
            Columns subject, quantity, period, value, unit, by, source, note (texts).
        """
        import polars as pl

        f = self.firms
        who, when = np.nonzero(f.active)
        subject = pl.Series("subject", f.ids, dtype=pl.String).gather(who)
        period = pl.Series("period", [str(y) for y in f.years]).gather(when)
        note = pl.Series("note", np.where(who == f.plant, 1, 0)).replace_strict(
            {0: "", 1: "新投产集成电路工厂（虚构）"}, return_dtype=pl.String
        )
        park = pl.DataFrame([asdict(r) for r in self.park_rows], schema=dict.fromkeys(_SCHEMA, pl.String))
        if numeric:
            park = park.with_columns(pl.col("value").cast(pl.Float64, strict=False)).drop_nulls("value")
        parts = [park]
        for c in COLUMNS:
            value = _series(f.values[c.key][who, when], c, numeric=numeric)
            parts.append(
                pl.DataFrame([subject, period, value, note])
                .with_columns(
                    quantity=pl.lit(c.quantity), unit=pl.lit(c.unit), by=pl.lit(c.by), source=pl.lit(c.source)
                )
                .select(_SCHEMA)
            )
        return pl.concat(parts)

    def subjects_frame(self) -> pl.DataFrame:
        """The subjects in the form of the facts contract: subject, kind, parent, from, until, name and attributes."""
        import polars as pl

        return pl.DataFrame([subject_row(s) for s in self.subjects], infer_schema_length=None)

    def geojson(self) -> dict[str, dict[str, Any]]:
        """Ground plan as feature collections (WGS 84): groups, parcels, roads, and what the gate looks at."""
        area = next(float(r.value) for r in self.park_rows if r.quantity == "park_area_km2")
        return geometry.layers(self.firms, area, self.seed)

    def water_elasticity(self, *, without_plant: bool = False) -> float:
        """Elasticity of fresh water over the last three years, from the firms' sums.

        Average yearly growth of industrial fresh water divided by that of value added at constant prices.
        """
        f = self.firms
        start, end = self.years[-4], self.years[-1]
        growth = {}
        for key in ("fresh_water", "va_const"):
            last = f.total(key, end) - (int(f.values[key][f.plant, -1]) if without_plant else 0)
            growth[key] = (last / f.total(key, start)) ** (1 / 3) - 1
        return float(growth["fresh_water"] / growth["va_const"])

    @cached_property
    def story(self) -> Text:
        """What happened in this park, which clause fails, why, and what would mend it."""
        f, start, end = self.firms, self.years[-4], self.years[-1]
        water, added = f.total("fresh_water", end), f.total("va_const", end)
        va_growth = (added / f.total("va_const", start)) ** (1 / 3) - 1
        allowed = f.total("fresh_water", start) * (1 + float(WATER_LIMIT) * va_growth) ** 3
        numbers = {
            "plant": f.names[f.plant],
            "opened": self.years[-2],
            "last": end,
            "start": start,
            "va_share": int(f.values["va_const"][f.plant, -1]) / added * 100,
            "water_share": int(f.values["fresh_water"][f.plant, -1]) / water * 100,
            "water_growth": ((water / f.total("fresh_water", start)) ** (1 / 3) - 1) * 100,
            "va_growth": va_growth * 100,
            "elasticity": self.water_elasticity(),
            "without": self.water_elasticity(without_plant=True),
            "excess": (water - allowed) / 10_000,
        }
        return Text(STORY.zh.format(**numbers), STORY.en.format(**numbers))

    def write(self, folder: str | Path) -> Path:
        """Write a complete park folder; see `ecopark.examples.folder`."""
        from ecopark.examples.folder import write_folder

        return write_folder(self, Path(folder))


_SCHEMA = ["subject", "quantity", "period", "value", "unit", "by", "source", "note"]


def subject_row(s: Subject) -> dict[str, str]:
    """A subject as a row of the subjects table."""
    row = {
        "subject": s.id,
        "kind": s.kind,
        "parent": s.parent,
        "from": str(s.since) if s.since else "",
        "until": str(s.until) if s.until else "",
        "name": s.name,
    }
    given = dict(s.attributes)
    return row | {key: given.get(key, "") for key in ("type", "name_en", "industry_code", "industry", "credit_code")}


def _decimal(whole: int, decimals: int) -> str:
    if not decimals:
        return str(whole)
    head, tail = divmod(whole, 10**decimals)
    text = f"{tail:0{decimals}d}".rstrip("0")
    return f"{head}.{text}" if text else str(head)


def _series(whole: np.ndarray[Any, np.dtype[np.int64]], column: Column, *, numeric: bool) -> pl.Series:
    """Values of a column as floats or as plain decimal texts."""
    import polars as pl

    if numeric:
        return pl.Series("value", whole / 10**column.decimals)
    if not column.decimals:
        return pl.Series("value", whole).cast(pl.String)
    head, tail = np.divmod(whole, 10**column.decimals)
    frame = pl.DataFrame({"h": head, "t": tail})
    text = pl.format("{}.{}", "h", pl.col("t").cast(pl.String).str.zfill(column.decimals))
    return frame.select(value=text.str.strip_chars_end("0").str.strip_chars_end("."))["value"]


def _observation(row: Row, meanings: Meanings, periods: dict[str, Period], place: Place) -> Observation:
    meaning = meanings.of(row.quantity, row.unit, row.by)
    if meaning.errors:
        raise ValueError(f"{row.quantity} [{row.unit}] {row.by}: {meaning.errors[0].en}")
    value: Scalar
    if meaning.kind == "number":
        value = Fraction(row.value) * meaning.factor
    else:
        value = row.value == "true" if meaning.kind == "flag" else row.value
    return Observation(
        row.subject,
        meaning.id,
        periods[row.period],
        value,
        meaning.unit,
        meaning.by,
        f"{row.value} {row.unit}".strip(),
        meaning.base_year,
        row.source,
        row.note,
        place,
    )
