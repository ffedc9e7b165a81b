"""Units as people write them, with exact scale factors.

A closed table: what is not in it is an error with the nearest known names, never a guess. The design foresees a unit
library behind the alias table; we deliberately import none, because scale factors must be exact rationals and the
command line must start quickly.

Some things are dimensions of their own on purpose: tonnes of standard coal are not tonnes, nor kilowatt-hours (they
become each other only through a named, dated factor); tonnes of CO2 are not tonnes of carbon; yuan are not dollars; a
calendar year is not a number of days.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from ecopark.errors import UnitError, did_you_mean

Dims = tuple[tuple[str, int], ...]
Parts = tuple[tuple[str, int], ...]

_MASS, _TCE, _CO2, _CARBON = {"mass": 1}, {"coal_equivalent": 1}, {"co2": 1}, {"carbon": 1}
_ENERGY, _POWER, _DAY, _YEAR = {"energy": 1}, {"energy": 1, "time": -1}, {"time": 1}, {"year": 1}
_LENGTH, _AREA, _VOLUME = {"length": 1}, {"length": 2}, {"length": 3}
_CNY, _USD, _PERSON, _COUNT = {"cny": 1}, {"usd": 1}, {"person": 1}, {"count": 1}
_ONE: dict[str, int] = {}

# canonical symbol: (dimension, scale to the base unit of the dimension, other spellings)
ATOMS: dict[str, tuple[dict[str, int], str, str]] = {
    "1": (_ONE, "1", "- -- — one ratio 无量纲 倍 score points 分 class 级 类 1-5 系数"),
    "%": (_ONE, "1/100", "percent pct 百分比 百分点 百分之 percentage"),
    "‰": (_ONE, "1/1000", "permille 千分比"),
    "ppm": (_ONE, "1/1000000", ""),
    "t": (_MASS, "1", "吨 ton tons tonne tonnes 公吨"),
    "kg": (_MASS, "1/1000", "千克 公斤"),
    "g": (_MASS, "1/1000000", "克"),
    "mg": (_MASS, "1/1000000000", "毫克"),
    "ug": (_MASS, "1/1000000000000", "μg 微克"),
    "tce": (
        _TCE,
        "1",
        "吨标准煤 吨标煤 t标准煤 t标煤 吨煤当量 标准煤吨 吨标准煤当量 吨标准煤(等价值) 吨标准煤(当量值) tonne_ce tec",
    ),
    "kgce": (_TCE, "1/1000", "千克标准煤 千克标煤 公斤标准煤 公斤标煤 kg标准煤 kg标煤"),
    "gce": (_TCE, "1/1000000", "克标准煤 克标煤 g标准煤"),
    "tCO2": (
        _CO2,
        "1",
        "tCO2e tCO2eq tCO2-eq 吨CO2 吨二氧化碳 吨二氧化碳当量 吨CO2当量 吨CO2e t二氧化碳 tonneCO2 吨碳排放",
    ),
    "kgCO2": (_CO2, "1/1000", "kgCO2e kgCO2eq kgCO2-eq 千克CO2 千克二氧化碳 公斤二氧化碳 千克二氧化碳当量"),
    "gCO2": (_CO2, "1/1000000", "gCO2e 克二氧化碳"),
    "tC": (_CARBON, "1", "吨碳 吨C"),
    "kgC": (_CARBON, "1/1000", "千克碳"),
    "kWh": (_ENERGY, "1", "千瓦时 度 千瓦小时 kW-h"),
    "MWh": (_ENERGY, "1000", "兆瓦时"),
    "GWh": (_ENERGY, "1000000", "吉瓦时"),
    "TWh": (_ENERGY, "1000000000", "太瓦时"),
    "kJ": (_ENERGY, "1/3600", "千焦"),
    "MJ": (_ENERGY, "5/18", "兆焦"),
    "GJ": (_ENERGY, "2500/9", "吉焦"),
    "TJ": (_ENERGY, "2500000/9", "太焦"),
    "PJ": (_ENERGY, "2500000000/9", "拍焦"),
    "kW": (_POWER, "24", "千瓦 kWp"),
    "MW": (_POWER, "24000", "兆瓦 MWp"),
    "mm": (_LENGTH, "1/1000", "毫米"),
    "cm": (_LENGTH, "1/100", "厘米"),
    "m": (_LENGTH, "1", "米 metre meter"),
    "km": (_LENGTH, "1000", "公里 千米"),
    "m2": (_AREA, "1", "平方米 平米 sqm 平方公尺"),
    "mu": (_AREA, "2000/3", "亩"),
    "ha": (_AREA, "10000", "公顷 hm2 hectare"),
    "km2": (_AREA, "1000000", "平方公里 平方千米 sqkm"),
    "L": (_VOLUME, "1/1000", "升 litre liter"),
    "m3": (_VOLUME, "1", "立方米 立方 方 Nm3 标准立方米 标立方米 标方 立方米(标准状态)"),
    "min": (_DAY, "1/1440", "分钟 minute minutes"),
    "hour": (_DAY, "1/24", "h hours 小时 时"),
    "day": (_DAY, "1", "d days 天 日 days/year day/year d/year 天/年 日/年 d/a days/a"),
    "year": (_YEAR, "1", "a years yr 年"),
    "CNY": (_CNY, "1", "元 yuan RMB 人民币 元人民币 人民币元 ¥"),
    "USD": (_USD, "1", "美元 $ US$ 元美元 USDturnover dollar dollars"),
    "person": (_PERSON, "1", "人 persons people 名 人口 worker workers employee employees 从业人员 residents 职工"),
    "person-year": ({"person_year": 1}, "1", "人年 人·年 personyear person-years FTE 人/年全时当量"),
    "count": (
        _COUNT,
        "1",
        "个 家 项 次 户 辆 种 件 份 处 台 套 座 宗 起 条 所 间 只 列 人次 个数 数量 counts number item items event events "
        + "report reports trip trips vehicle vehicles firm firms enterprise enterprises species "
        + "count/year events/year event/year reports/year report/year trips/year 次/年 份/年 个/年 项/年 起/年 家/年 次/a",
    ),
    "degC": ({"temperature": 1}, "1", "°C ℃ 摄氏度 C degreeC"),
    "dB": ({"sound_level": 1}, "1", "分贝 dBA"),
    "product unit": ({"product_unit": 1}, "1", "单位产品"),
}
"""The atoms of the unit language: every other unit is one of them with a multiplier, or a product of powers."""

WHOLE = {
    "per unit": "1/product unit",
    "per product unit": "1/product unit",
    "tco2 per unit": "tCO2/product unit",
}

_MULTIPLIERS = (
    ("万亿", 12),
    ("千万", 7),
    ("百万", 6),
    ("十万", 5),
    ("亿", 8),
    ("万", 4),
    ("千", 3),
    ("百", 2),
)
_ENGLISH = re.compile(
    r"(10k|100m|100 million|million|billion|thousand|10\^\d+|10+|mn|bn)( ?)(?=\D)(.+)$", re.IGNORECASE
)
_ENGLISH_POWERS = {"10k": 4, "100m": 8, "100 million": 8, "million": 6, "mn": 6, "billion": 9, "bn": 9, "thousand": 3}
_POWER_SYMBOLS = {4: "10k", 8: "100m", 6: "million", 9: "billion", 3: "thousand"}
_CASE_MATTERS = {"mg", "mm", "g", "c", "a", "d", "pj"}
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_BASE_YEAR = (
    re.compile(r"\s*@\s*(\d{4})\s*年?\s*(?:不变价格?|可比价格?|价格?)?$"),
    re.compile(
        r"\s*\(\s*(?:按)?\s*(\d{4})\s*年?\s*(?:不变价格?|可比价格?|价格?|constant prices?|prices?)?\s*\)$",
        re.IGNORECASE,
    ),
)
_CONSTANT = re.compile(r"\s*(?:,\s*|\(\s*)(?:constant prices?|不变价格?|可比价格?)\s*\)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: its text, what it measures, and its exact size.

    Parameters
    ----------
    symbol
        Canonical text, e.g. ``tce/10k CNY``; parses to the same unit again.
    dims
        Sorted (base dimension, exponent) pairs; empty for a pure number.
    scale
        Size in base units (t, tce, tCO2, tC, kWh, m, day, year, CNY, USD, person, count, degC).

    Examples
    --------
    >>> (unit("吨标准煤") / unit("万元")).symbol
    'tce/10k CNY'
    >>> unit("10k CNY/mu").factor_to(unit("100m CNY/km2"))
    Fraction(3, 20)
    """

    symbol: str
    dims: Dims
    scale: Fraction

    def __mul__(self, other: Unit) -> Unit:
        return _combined(self.symbol, other.symbol, 1)

    def __truediv__(self, other: Unit) -> Unit:
        return _combined(self.symbol, other.symbol, -1)

    def __pow__(self, exponent: int) -> Unit:
        return _built((name, power * exponent) for name, power in _parts(self.symbol))

    def compatible(self, other: Unit) -> bool:
        """Whether the two measure the same thing, so that one can be restated in the other."""
        return self.dims == other.dims

    def same_as(self, other: Unit) -> bool:
        """Whether the two are the same size of the same thing, however written."""
        return self.dims == other.dims and self.scale == other.scale

    def factor_to(self, other: Unit) -> Fraction:
        """The number by which an amount in this unit is multiplied to give the amount in `other`.

        Raises
        ------
        UnitError
            The two do not measure the same thing.
        """
        if self.dims != other.dims:
            raise UnitError(f"'{self.symbol}' cannot be converted to '{other.symbol}': {_hint(self, other)}")
        return self.scale / other.scale

    @property
    def is_one(self) -> bool:
        """Whether it is the pure number 1 (a percentage is dimensionless, but not 1)."""
        return not self.dims and self.scale == 1

    @property
    def dimensionless(self) -> bool:
        return not self.dims

    def __str__(self) -> str:
        return self.symbol


def both_count(a: Unit, b: Unit) -> bool:
    """Whether both merely count (people, firms, events), so that a typed figure in one may be read as the other.

    Surveys are counted in persons by some standards and in plain numbers by others. Readers may accept either;
    formulas keep them apart.

    Examples
    --------
    >>> both_count(unit("人"), unit("count")), both_count(unit("10k CNY/person"), unit("10k CNY/count"))
    (True, False)
    """
    heads = ((("person", 1),), (("count", 1),))
    return a.dims in heads and b.dims in heads


def _hint(a: Unit, b: Unit) -> str:
    names = {name for name, _ in a.dims} | {name for name, _ in b.dims}
    for pair, text in (
        ({"coal_equivalent", "energy"}, "energy becomes standard coal only through a named, dated factor."),
        ({"coal_equivalent", "mass"}, "tonnes of fuel become standard coal only through the factor of the fuel."),
        ({"co2", "carbon"}, "tonnes of carbon are not tonnes of CO2 (44/12)."),
        ({"co2", "mass"}, "tonnes of CO2 are written tCO2."),
        ({"cny", "usd"}, "yuan and dollars need a dated exchange rate."),
        ({"time", "year"}, "a calendar year is not a number of days; the period of the figure says it."),
    ):
        if pair <= names:
            return text
    return "they do not measure the same thing."


def _atoms() -> dict[str, str]:
    table: dict[str, str] = {}
    for symbol, (_, _, others) in ATOMS.items():
        for name in (symbol, *others.split()):
            table[_normal(name).replace(" ", "")] = symbol
    return table


def _normal(text: str) -> str:
    """Full-width and compatibility characters folded, superscripts as ``^n``, spaces collapsed."""
    text = re.sub(r"(?<=\S)([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda m: "^" + m[1].translate(_SUPERSCRIPTS), text)
    text = unicodedata.normalize("NFKC", text).replace("−", "-").replace("每", "/").replace("∕", "/").replace("÷", "/")
    text = re.sub(r"(?<=[Ww])\s*[·.]\s*h(?![a-z])", "h", text.replace("・", "·").replace("⋅", "·"))
    return " ".join(text.split())


_ALIASES = _atoms()
_FOLDED = {name.lower(): symbol for name, symbol in _ALIASES.items() if name.lower() not in _CASE_MATTERS}
_LENGTHS = {
    name for name, symbol in _ALIASES.items() if symbol in ("m", "mm", "cm", "km", "m2", "km2", "m3", "min", "mu", "mg")
}


def _find(text: str) -> str | None:
    """The canonical symbol of one atom as typed, or None."""
    name = text.replace(" ", "")
    for candidate in (name, name.replace("^", "")):
        if symbol := _ALIASES.get(candidate):
            return symbol
    return _FOLDED.get(name.replace("^", "").lower())


@lru_cache(maxsize=4096)
def _token(text: str) -> tuple[str, dict[str, int], Fraction]:
    """One factor of a unit text: its canonical symbol, dimension and scale."""
    text = text.strip()
    if symbol := _find(text):
        dims, scale, _ = ATOMS[symbol]
        return symbol, dims, Fraction(scale)
    for prefix, power in _MULTIPLIERS:
        if text.startswith(prefix):
            return _scaled(power, text[len(prefix) :].strip(), text)
    if match := _ENGLISH.match(text):
        word, space, rest = match[1].lower(), match[2], match[3].strip()
        if space or rest not in _LENGTHS or word not in ("10k", "100m"):
            power = _ENGLISH_POWERS.get(word, int(word[3:]) if "^" in word else len(word) - 1)
            return _scaled(power, rest, text)
    if re.fullmatch(r"\d+", text) and int(text):
        return text, {}, Fraction(text)
    if re.fullmatch(r"10\^\d+", text):
        return f"{10 ** int(text[3:])}", {}, Fraction(10 ** int(text[3:]))
    raise _unknown(text)


def _scaled(power: int, rest: str, text: str) -> tuple[str, dict[str, int], Fraction]:
    if not rest:
        return f"{10**power}", {}, Fraction(10**power)
    symbol = _find(rest)
    if symbol is None or symbol in ("1", "%", "‰"):
        raise _unknown(text)
    dims, scale, _ = ATOMS[symbol]
    prefix = _POWER_SYMBOLS.get(power, f"10^{power}")
    return f"{prefix} {symbol}", dims, Fraction(scale) * 10**power


def _unknown(text: str) -> UnitError:
    return UnitError(f"unknown unit '{text}'. {did_you_mean(text, known_units())}".strip())


_COMMON = ("10k CNY", "100m CNY", "million USD", "10k t", "10k tce", "10k m3", "10k kWh")


def known_units() -> list[str]:
    """Every spelling of every atom, and the common multiples of money and amounts."""
    return [*ATOMS, *_ALIASES, *_COMMON, "万元", "亿元", "万吨", "万吨标准煤", "万千瓦时"]


MOST_ALIKE = 24


@lru_cache(maxsize=1024)
def units_alike(text: str) -> tuple[str, ...]:
    """Units in which an amount in this one may be given as well, itself first; of a rate, those of what is above and below.

    Raises
    ------
    UnitError
        The text is not a unit.

    Examples
    --------
    >>> units_alike("m3")
    ('m3', 'L', '10k m3')
    >>> units_alike("tce/10k CNY")[:4]
    ('tce/10k CNY', 'tce/CNY', 'tce/100m CNY', 'kgce/10k CNY')
    """
    wanted = unit(text)
    found = [wanted.symbol]
    above, _, below = wanted.symbol.partition("/")
    if below and above != "1" and not any(mark in above + below for mark in "/*()"):
        found += [f"{a}/{b}" for a in units_alike(above) for b in units_alike(below)]
    else:
        found += [known for known in (*ATOMS, *_COMMON) if unit(known).dims == wanted.dims]
    return tuple(dict.fromkeys(found))[:MOST_ALIKE]


class _Reader:
    """Recursive descent over ``a*b/(c*d)^2``, from left to right; a raised dot binds first: kg/人·日 is kg/(人*日)."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def product(self) -> list[tuple[str, int]]:
        parts = self.dotted()
        while self.peek() in ("/", "*") and self.peek():
            sign = 1 if self.peek() == "*" else -1
            self.at += 1
            parts += [(name, sign * power) for name, power in self.dotted()]
        return parts

    def dotted(self) -> list[tuple[str, int]]:
        parts = self.power()
        while self.peek() == "·":
            self.at += 1
            parts += self.power()
        return parts

    def power(self) -> list[tuple[str, int]]:
        if self.peek() == " ":
            self.at += 1
        if self.peek() == "(":
            self.at += 1
            parts = self.product()
            if self.peek() != ")":
                raise UnitError(f"'{self.text}': a bracket is not closed")
            self.at += 1
            if match := re.compile(r"\s*\^\(?(-?\d+)\)?").match(self.text, self.at):
                self.at = match.end()
                parts = [(name, power * int(match[1])) for name, power in parts]
            if self.peek() == " ":
                self.at += 1
            return parts
        start = self.at
        while self.peek() and self.peek() not in "/*·()":
            self.at += 1
        token = self.text[start : self.at].strip()
        if not token:
            raise UnitError(f"'{self.text}': a unit is missing beside '/' or '*'")
        match = re.fullmatch(r"(.+?)\^(-?\d+)", token)
        if match and _find(token) is None and _find(match[1]):
            return [(_token(match[1])[0], int(match[2]))]
        return [(_token(token)[0], 1)]


@lru_cache(maxsize=4096)
def _parts(text: str) -> Parts:
    normal = _normal(text)
    if not normal:
        return ()
    if whole := WHOLE.get(normal.lower()):
        return _parts(whole)
    if symbol := _find(normal):
        return ((symbol, 1),)
    normal = re.sub(r"\bper\b", "/", normal).replace("×", "*")
    reader = _Reader(re.sub(r"\s*([/*·])\s*", r"\1", normal))
    parts = reader.product()
    if reader.at < len(reader.text):
        raise _unknown(text)
    return tuple(parts)


def _built(parts: Iterable[tuple[str, int]]) -> Unit:
    powers: dict[str, int] = {}
    for name, power in parts:
        powers[name] = powers.get(name, 0) + power
    powers = {name: power for name, power in powers.items() if power and name != "1"}
    dims: dict[str, int] = {}
    scale = Fraction(1)
    for name, power in powers.items():
        _, token_dims, token_scale = _token(name)
        scale *= token_scale**power
        for dim, exponent in token_dims.items():
            dims[dim] = dims.get(dim, 0) + exponent * power
    above = "*".join(_powered(name, power) for name, power in powers.items() if power > 0) or "1"
    below = "".join("/" + _powered(name, -power) for name, power in powers.items() if power < 0)
    return Unit(above + below, tuple(sorted((d, e) for d, e in dims.items() if e)), scale)


def _powered(name: str, power: int) -> str:
    return name if power == 1 else f"({name})^{power}"


@lru_cache(maxsize=8192)
def _combined(left: str, right: str, sign: int) -> Unit:
    return _built([*_parts(left), *((name, sign * power) for name, power in _parts(right))])


@lru_cache(maxsize=8192)
def unit(text: str) -> Unit:
    """The unit that `text` names.

    Parameters
    ----------
    text
        As people write it: ``tce/10k CNY``, ``吨标准煤/万元``, ``m³``, ``µg/m³``; empty or ``-`` is a pure number.

    Raises
    ------
    UnitError
        The text, or a part of it, is not in the table; the message offers the nearest names.

    Examples
    --------
    >>> unit("万吨标煤").symbol, unit("㎡/人").symbol, unit("%").scale
    ('10k tce', 'm2/person', Fraction(1, 100))
    """
    return _built(_parts(text))


ONE = unit("1")
PERCENT = unit("%")


def split_base_year(text: str) -> tuple[str, int | None]:
    """The unit text and the base year of constant prices written behind it.

    Examples
    --------
    >>> split_base_year("10k CNY@2020"), split_base_year("万元（2020年价）"), split_base_year("km2")
    (('10k CNY', 2020), ('万元', 2020), ('km2', None))
    """
    normal = unicodedata.normalize("NFKC", text).strip()
    for pattern in _BASE_YEAR:
        if match := pattern.search(normal):
            return normal[: match.start()].strip(), int(match[1])
    if match := _CONSTANT.search(normal):
        return normal[: match.start()].strip(), None
    return text.strip(), None
