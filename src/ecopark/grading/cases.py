"""Worked cases of a method: firms in, expected scores out. `check_method` runs them; `ecopark methods check` shows it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from ecopark.core.rounding import decimal_text, exact
from ecopark.errors import EcoparkError, Place, Problem
from ecopark.grading.firms import read_firms
from ecopark.grading.grade import grade_firms
from ecopark.grading.method import Method
from ecopark.grading.result import FirmGrade
from ecopark.packs.yaml_lines import load_yaml


def check_method(method: Method) -> list[Problem]:
    """Every case of a method that gives something else than it expects."""
    found: list[Problem] = []
    for path in sorted(Path(method.folder).glob("cases/*.yaml")):
        place = Place(f"{method.id}/cases/{path.name}")
        try:
            found += _run(method, path, place)
        except EcoparkError as error:
            found.append(Problem("case-failed", place, f"算例不能运行：{error}", f"the case does not run: {error}"))
        except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
            zh, en = "算例应含 firms 与 expect", "a case is a mapping with firms and expect"
            found.append(Problem("case-shape", place, f"{zh}（{error}）", f"{en} ({error})"))
    return found


def _run(method: Method, path: Path, place: Place) -> list[Problem]:
    data = load_yaml(path, str(place))
    bases = {str(k): exact(str(v)) for k, v in (data.get("bases") or {}).items()}
    changed = method.changed(bases=bases) if bases else method
    table = read_firms([dict(f) for f in data["firms"]], changed)
    grading = grade_firms(table, changed)
    tolerance = exact(str(data.get("tolerance") or "0"))
    found = []
    for firm, wanted in data["expect"].items():
        got = grading.of(firm)
        for key, value in wanted.items():
            for what, expected, seen in _pairs(key, value, got):
                if not _alike(expected, seen, tolerance):
                    zh, en = (
                        f"{firm} {what}：应为 {expected}，得到 {seen}",
                        f"{firm} {what}: expected {expected}, got {seen}",
                    )
                    found.append(Problem("case-differs", place, zh, en))
    return found


def _pairs(key: str, value: object, got: FirmGrade) -> list[tuple[str, str, str]]:
    if key == "points" and isinstance(value, dict):
        earned = {i.id: i.points for i in got.items}
        return [(f"points {k}", str(v), _text(earned.get(k))) for k, v in value.items()]
    seen = {"score": _text(got.score), "rank": str(got.rank or ""), "grade": got.grade or "", "group": got.group}
    return [(key, str(value or ""), seen[key])]


def _text(number: Fraction | None) -> str:
    return "" if number is None else decimal_text(number)


def _alike(expected: str, seen: str, tolerance: Fraction) -> bool:
    if expected == seen:
        return True
    try:
        return abs(exact(expected) - exact(seen)) <= tolerance
    except (ValueError, ZeroDivisionError):
        return False
