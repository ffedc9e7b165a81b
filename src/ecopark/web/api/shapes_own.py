"""The zone's own rules, policies and methods, as the API takes and gives them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from ninja import Field, Schema
from pydantic import AfterValidator

from ecopark.web.api.shapes import Bilingual, Line, Number, Plain, writable
from ecopark.web.projects.own_rules import MOST_TEXT

Kind = Literal["policies", "methods"]
"""What a zone hands in whole."""


class OwnRuleOut(Schema):
    """A rule of the park's policy; `state`: ships, filled, changed, own, to_fill; `limits` in words."""

    rule: str
    kind: str
    label: Bilingual
    clause: str
    source: str
    basis: str
    state: str
    limits: list[str]
    edition: int | None


class OwnRulesOut(Schema):
    """All rules of the park's policy; `edition` is the number of the own rules that count, 0 where there are none."""

    policy: str
    hash: str
    edition: int
    rules: list[OwnRuleOut]


class OwnRuleWhole(Schema):
    """A rule as YAML, as it holds now and as the policy has it (empty: it has none)."""

    rule: str
    yaml: str
    shipped: str
    own: bool
    edition: int


class OwnParameterOut(Schema):
    """A parameter of the park's policy; `shipped` is the policy's own value; `state`: ships, filled, changed, to_fill."""

    parameter: str
    label: Bilingual
    kind: str
    value: str
    shipped: str
    clause: str
    source: str
    basis: str
    state: str
    edition: int | None


class OwnParametersOut(Schema):
    """All parameters of the park's policy; `edition` is the number of the own rules that count, 0 where there are none."""

    policy: str
    edition: int
    parameters: list[OwnParameterOut]


class OwnParameterIn(Schema):
    """A value as typed (`true` or `false` for a flag), where it is written, why, and the number of the edition seen."""

    value: Line
    clause: Line
    source: Line = ""
    basis: Plain = "recalled"
    why: Line
    seen: Number


class RuleEditionOut(Schema):
    """An edition of the own rules: which rule or parameter was changed, its YAML before and after, who, when, why."""

    number: int
    rule: str
    parameter: str
    before: str
    after: str
    back_to: int | None
    why: str
    by: str
    at: datetime


class OwnRuleIn(Schema):
    """A rule as YAML (or JSON, which is YAML), why, and the number of the edition that was seen."""

    yaml: Annotated[str, Field(max_length=MOST_TEXT), AfterValidator(writable)]
    why: Line
    seen: Number


class WhySeen(Schema):
    """Why, and the number of the edition that was seen."""

    why: Line
    seen: Number


class BackTo(Schema):
    """The edition to go back to (0: the policy as it ships), why, and the number of the edition that was seen."""

    number: Number
    why: Line
    seen: Number


class WhyOnly(Schema):
    """Why."""

    why: Line


class DirectoryOut(Schema):
    """An edition of a policy or method of the zone's own; `last` is the one that counts."""

    id: int
    name: str
    number: int
    title: Bilingual
    hash: str
    last: bool
    back_to: int | None
    why: str
    by: str
    at: datetime
