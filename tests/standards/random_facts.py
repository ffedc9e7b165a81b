"""Facts of many invented parks with everything that occurs in life: holes, zeros, n/a, months, reported rates, firms.

Firms report by year, by code, by quarter and month; some parks leave whole quantities to their firms.
"""

from __future__ import annotations

import random
from fractions import Fraction

from ecopark.core.period import ALWAYS, Period
from ecopark.core.value import Scalar
from ecopark.indicators.catalogue import indicators
from ecopark.observations.meaning import Meanings
from ecopark.observations.model import Facts, Observation, Subject
from ecopark.observations.quantity import Quantity, catalogue
from ecopark.packs.model import Pack

YEARS = range(2017, 2024)


def random_facts(parks: int, packs: list[Pack], seed: int = 1, *, rare: float = 0.02, firms: int = 3) -> Facts:
    """Facts of `parks` parks; `rare` is the chance of the unusual."""
    return _Maker(random.Random(seed), rare).facts(parks, packs, firms)


class _Maker:
    def __init__(self, rng: random.Random, rare: float) -> None:
        self.rng = rng
        self.rare = rare
        self.timed = 0.08
        self.meanings = Meanings(catalogue())

    def facts(self, parks: int, packs: list[Pack], firms: int) -> Facts:
        subjects: list[Subject] = []
        observations: list[Observation] = []
        limits = [c.require.value for p in packs for k in p.clauses for c in k.limits if c.require is not None]
        self.limits = [v for v in limits if isinstance(v, Fraction)]
        for number in range(parks):
            park = Subject(f"park{number}")
            subjects.append(park)
            for i in range(firms if number % 2 else 0):
                since, until = self.rng.choice(((None, None), (2020, None), (None, 2022)))
                subjects.append(Subject(f"firm{number}.{i}", kind="firm", parent=park.id, since=since, until=until))
            given = self.rng.choice((0.5, 0.9, 1.0))
            left = self.rng.choice((0.0, 0.6)) if firms and number % 2 else 0.0
            for quantity in catalogue().quantities.values():
                if quantity.rollup and self.rng.random() < left:
                    continue
                if self.rng.random() < given:
                    observations += self.quantity(park, quantity)
            for pack in packs:
                for clause in pack.clauses:
                    if self.rng.random() < self.rare * 3 and clause.direction != "flag":
                        observations.append(self.one(park.id, clause.id, Period(2023), self.number(), clause.unit))
                    elif self.rng.random() < self.rare:
                        observations.append(self.one(park.id, clause.id, Period(2023), "n/a", na=True))
            for indicator in indicators().values():
                if self.rng.random() < self.rare * 3 and indicator.unit:
                    observations.append(self.one(park.id, indicator.id, Period(2023), self.number(), indicator.unit))
            if self.rng.random() < self.rare * 2:
                observations.append(
                    self.one(park.id, "factor.grid.average.national", ALWAYS, Fraction(1, 2), "kgCO2/kWh")
                )
            if self.rng.random() < self.rare * 5:
                observations.append(self.one(park.id, "dominant_sector_declared", ALWAYS, True))
            for firm in subjects:
                if firm.parent == park.id:
                    observations += self.firm(firm)
        unique = {o.key: o for o in observations}
        return Facts(
            unique.values(), subjects, settings={"factors": {"confirm": "all"}} if self.rng.random() < 0.8 else {}
        )

    def one(
        self, subject: str, quantity: str, period: Period, value: Scalar, unit: str = "", by: str = "", na: bool = False
    ) -> Observation:
        return Observation(subject, quantity, period, value, unit, by, note="x" if na else "", not_applicable=na)

    def number(self) -> Fraction:
        pick = self.rng.random()
        if pick < 0.1:
            return Fraction(0)
        if pick < 0.3 and self.limits:
            return self.rng.choice(self.limits)
        if pick < 0.32:
            return Fraction(-self.rng.randint(1, 100), 10)
        if pick < 0.5:
            return Fraction(self.rng.randint(1, 10))
        return Fraction(self.rng.randint(1, 10**6), 10 ** self.rng.randint(0, 5))

    def value(self, quantity: Quantity) -> Scalar:
        if quantity.kind == "flag":
            return self.rng.random() < 0.8
        if quantity.codes:
            return self.rng.choice(quantity.codes).id
        return self.number()

    def quantity(self, park: Subject, quantity: Quantity) -> list[Observation]:
        if quantity.kind == "attribute" and not quantity.codes and not quantity.unit:
            return []
        rng, found = self.rng, []
        if rng.random() < self.rare and quantity.kind != "flow":
            return [self.one(park.id, quantity.id, ALWAYS, self.value(quantity), quantity.unit)]
        keep = self.value(quantity)
        for year in YEARS:
            period = Period(year)
            if quantity.breakdowns and rng.random() < 0.8:
                found += self.parts(park, quantity, period)
                continue
            if quantity.unit == "by code" or rng.random() < 0.05:
                continue
            if rng.random() < self.rare:
                found.append(self.one(park.id, quantity.id, period, "n/a", na=True))
            elif rng.random() < self.timed and quantity.is_number and quantity.unit != "by code":
                found += self.within(park, quantity, period)
                if rng.random() < 0.3:
                    found.append(self.one(park.id, quantity.id, period, self.value(quantity), quantity.unit))
            else:
                value = keep if rng.random() < 0.3 else self.value(quantity)
                found.append(self.one(park.id, quantity.id, period, value, quantity.unit))
        return found

    def within(self, subject: Subject, quantity: Quantity, year: Period, by: str = "") -> list[Observation]:
        """Quarters and months of a year, now and then with one lacking, n/a, or both a quarter and its months."""
        rng, periods = self.rng, []
        unit = self.meanings.canonical_unit(quantity, by) if by else quantity.unit
        for quarter in range(1, 5):
            pick = rng.random()
            if pick < 0.5 or pick > 0.95:
                periods.append(Period(year.year, "quarter", quarter))
            if pick >= 0.5:
                periods += [Period(year.year, "month", m) for m in range(3 * quarter - 2, 3 * quarter + 1)]
        if rng.random() < 0.15:
            periods.pop(rng.randrange(len(periods)))
        rows = [self.one(subject.id, quantity.id, p, abs(self.number()), unit, by) for p in periods]
        if rows and rng.random() < self.rare:
            rows[0] = self.one(subject.id, quantity.id, rows[0].period, "n/a", unit, by, na=True)
        return rows

    def parts(self, park: Subject, quantity: Quantity, period: Period) -> list[Observation]:
        rng, found = self.rng, {}
        lists = [catalogue().breakdowns[b] for b in quantity.breakdowns]
        rows = [f"{lists[0].dimension}={c.id}" for c in lists[0].codes]
        if not lists[0].closed:
            rows = rng.sample(rows, 3)
        elif rng.random() < 0.1:
            rows = rows[1:]
        for row in rows:
            by = row
            if len(lists) > 1 and rng.random() < 0.7:
                by = f"{row};{lists[1].dimension}={rng.choice(lists[1].codes).id}"
            unit = self.meanings.canonical_unit(quantity, by)
            if rng.random() < self.timed:
                found[by] = self.within(park, quantity, period, by)
            else:
                na = rng.random() < self.rare / 4
                found[by] = [self.one(park.id, quantity.id, period, "n/a" if na else abs(self.number()), unit, by, na)]
        return [o for rows in found.values() for o in rows]

    def firm(self, firm: Subject) -> list[Observation]:
        rng, found = self.rng, []
        for quantity in catalogue().quantities.values():
            if not quantity.rollup or rng.random() < 0.2:
                continue
            coded = bool(quantity.breakdowns) and (quantity.unit == "by code" or rng.random() < 0.8)
            for year in YEARS[-4:]:
                period = Period(year)
                if rng.random() < 0.03:
                    continue
                if rng.random() < self.rare:
                    found.append(self.one(firm.id, quantity.id, period, "n/a", na=True))
                elif coded:
                    found += self.parts(firm, quantity, period)
                elif rng.random() < self.timed and quantity.is_number:
                    found += self.within(firm, quantity, period)
                else:
                    found.append(self.one(firm.id, quantity.id, period, self.value(quantity), quantity.unit))
        return found
