"""Parameters of the park's policy, the numbers its rules refer to: filled in or changed by the park, with basis and source.

They are kept in the same editions as its own rules (`own_rules`), and put over the policy in the same file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from yaml.reader import Reader

from ecopark.admission.policy import Policy
from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.value import Scalar
from ecopark.errors import EcoparkError, InputError, Place, Problem
from ecopark.packs.model import BASES, Parameter
from ecopark.packs.reader import scalar
from ecopark.standards.describe import parameter_words
from ecopark.web.parks.models import Park
from ecopark.web.projects import own_rules, policies
from ecopark.web.projects.models import RuleEdition

FIELDS = {"value": 200, "clause": 300, "source": 300, "basis": 20}
"""What is typed of a parameter, and how long it may be. [characters]"""
FLAGS = {"true": True, "false": False}
FLAG_WORDS = {"true": Text("是", "yes"), "false": Text("否", "no")}


@dataclass(frozen=True)
class ParameterRow:
    """A parameter of the park's policy as its page shows it.

    Parameters
    ----------
    shipped
        As the policy has it, own values left aside.
    entry
        What the park has filled in; None if nothing.
    edition
        The edition that last changed it.
    """

    shipped: Parameter
    entry: dict[str, Any] | None = None
    edition: RuleEdition | None = None

    @property
    def label(self) -> Text:
        """Its name; its id where it has none."""
        found = parameter_words(self.shipped.label)
        return Text(found.zh or self.shipped.id, found.en or self.shipped.id)

    @property
    def state(self) -> str:
        """One of `own_rules.STATES`."""
        if self.entry is None:
            return "to_fill" if self.shipped.default == "" else "ships"
        return "filled" if self.shipped.default == "" else "changed"

    @property
    def said(self) -> Text:
        """Its state in words."""
        return own_rules.STATES[self.state][0]

    @property
    def tone(self) -> str:
        """Of its chip."""
        return own_rules.STATES[self.state][1]

    @property
    def kind(self) -> str:
        """``flag``, ``text`` or ``number``; what has no value in the policy may be a text or a number."""
        return kind_of(self.shipped.default)

    @property
    def before(self) -> str:
        """The policy's value as it is typed."""
        return typed(self.shipped.default)

    @property
    def value(self) -> str:
        """The value that holds, as it is typed."""
        return typed(self.entry["value"]) if self.entry else self.before

    @property
    def words(self) -> tuple[Text, Text]:
        """The value that holds, and the policy's, as they are read."""
        now, before = (
            FLAG_WORDS.get(v, Text(v, v)) if self.kind == "flag" else Text(v, v) for v in (self.value, self.before)
        )
        return now, before

    @property
    def fields(self) -> dict[str, str]:
        """What its form begins with."""
        if self.entry is None:
            return {"value": self.before, "clause": "", "source": "", "basis": "recalled"}
        return {k: typed(self.entry.get(k, "")) for k in FIELDS}


def typed(value: Any) -> str:
    """A value as it is typed: ``true``, a decimal number, a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else decimal_text(value)


def kind_of(value: Scalar) -> str:
    """``flag``, ``text`` or ``number``."""
    return "flag" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"


def rows_of(park: Park, policy: Policy) -> list[ParameterRow]:
    """All parameters of a policy, given without own rules, in its order."""
    last = policies.last_rules(park, policy.id)
    own = last.parameters if last else {}
    changed: dict[str, RuleEdition] = {}
    for edition in own_rules.editions_of(park, policy.id).filter(rule=""):
        for name in [edition.parameter] if edition.parameter else own:
            changed.setdefault(name, edition)
    return [ParameterRow(p, own.get(p.id), changed.get(p.id)) for p in policy.parameters]


def row_of(park: Park, policy: Policy, name: str) -> ParameterRow | None:
    """One parameter; None if the policy has none of this name."""
    return next((row for row in rows_of(park, policy) if row.shipped.id == name), None)


def wrong_fields(row: ParameterRow, given: Mapping[str, str]) -> list[Problem]:
    """Everything that is wrong with what was typed, each at its field (`place.cell`)."""
    found: list[Problem] = []

    def wrong(field: str, code: str, zh: str, en: str, repair_zh: str = "", repair_en: str = "") -> None:
        found.append(Problem(code, Place(row.shipped.id, cell=field), zh, en, repair_zh, repair_en))

    for field, most in FIELDS.items():
        if len(given[field]) > most:
            wrong(field, "too-large", f"超过 {most} 字符", f"longer than {most} characters")
        elif Reader.NON_PRINTABLE.search(given[field]):
            wrong(field, "bad-character", "含不能保存的字符", "it holds a character that cannot be kept")
    value = given["value"]
    if not value:
        wrong("value", "value-missing", "未填写数值", "no value is given")
    elif row.kind == "flag" and value not in FLAGS:
        wrong("value", "parameter-kind", "应为 true 或 false", "true or false is expected")
    elif row.kind == "number" and kind_of(scalar(value)) != "number":
        said = "只写数字，如 0.5，不带单位。", "Write the number alone, such as 0.5, without a unit."
        wrong("value", "parameter-kind", f"“{value}”不是数字", f"{value!r} is no number", *said)
    elif row.kind == "text" and row.before and kind_of(scalar(value)) != "text":
        wrong("value", "parameter-kind", "此参数是文字，不是数字", "this parameter is a text, not a number")
    if not given["clause"]:
        wrong("clause", "clause-missing", "没有写明出处", "say where it is written")
    if given["basis"] not in BASES:
        zh, en = f"依据 {given['basis']!r} 无效", f"the basis {given['basis']!r} is none of {', '.join(BASES)}"
        wrong("basis", "unknown-basis", zh, en)
    elif given["basis"] == "seen" and not given["source"]:
        said = "写明文件，或把依据改为推断或凭记忆。", "Name it, or say inferred or recalled."
        zh, en = "依据为“已查阅”时须写明来源文件", "seen needs its source: the document that was read"
        wrong("source", "source-missing", zh, en, *said)
    return found


@transaction.atomic
def save(park: Park, name: str, given: Mapping[str, str], user: Any, why: str, *, seen: int) -> RuleEdition:
    """Put a value of the park's own over a parameter of the policy it works by.

    Parameters
    ----------
    given
        The texts under `FIELDS`.
    seen
        Number of the edition that was shown.

    Raises
    ------
    InputError
        With everything that is wrong, each at its field; also where a formula cannot take the value.
    ConflictError
        Somebody else changed rules or parameters since `seen`.
    EcoparkError
        No reason is given, nothing was changed, or the policy has no such parameter.
    """
    entry: dict[str, Any] = {k: " ".join(given.get(k, "").split()) for k in FIELDS}
    reason, policy, last = own_rules.begin(park, why, seen)
    row = row_of(park, policy, name)
    if row is None:
        raise EcoparkError(f"The policy has no parameter {name!r}.", zh=f"政策没有参数“{name}”。")
    if problems := wrong_fields(row, entry):
        raise InputError(problems)
    if row.kind == "flag":
        entry["value"] = FLAGS[entry["value"]]
    if row.entry == entry:
        raise EcoparkError("Nothing was changed.", zh="没有改动。")
    parameters = (dict(last.parameters) if last else {}) | {name: entry}
    rules = dict(last.rules) if last else {}
    _, problems = own_rules.load_with(policy, rules, parameters, policy.id)
    if problems:
        raise InputError([Problem(p.code, Place(name, cell="value"), p.zh, p.en) for p in problems])
    return own_rules.keep(
        park, policy, last, user, reason, check=False, parameters=parameters, parameter=name, before=_text(row.entry),
        after=_text(entry),
    )  # fmt: skip


@transaction.atomic
def drop(park: Park, name: str, user: Any, why: str, *, seen: int) -> RuleEdition:
    """Let a parameter be again as the policy has it.

    Raises
    ------
    ConflictError
        Somebody else changed rules or parameters since `seen`.
    EcoparkError
        The park has not changed it, or no reason is given.
    """
    reason, policy, last = own_rules.begin(park, why, seen)
    parameters = dict(last.parameters) if last else {}
    if name not in parameters:
        raise EcoparkError("The park has not changed this parameter.", zh="园区没有改过这个参数。")
    before = _text(parameters.pop(name))
    return own_rules.keep(
        park, policy, last, user, reason, check=False, parameters=parameters, parameter=name, before=before
    )


def _text(entry: Mapping[str, Any] | None) -> str:
    return own_rules.yaml_of({k: v for k, v in entry.items() if v != ""}) if entry else ""
