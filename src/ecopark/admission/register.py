"""The register: every decision kept with its facts, the edition of the policy and the quota state; only appended to.

It lies in the park folder as `register/decisions.jsonl`, one decision a line, each carrying the hash of the line before: a line
changed or taken out later shows. The policy's files are kept beside it by hash, so that any decision can be made again on any
later day.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from ecopark.admission.decision import Decision
from ecopark.admission.gate import decide
from ecopark.admission.load import load_policy
from ecopark.admission.places import ParkMap
from ecopark.admission.project import SUBJECT, read_project
from ecopark.core.rounding import decimal_text, exact
from ecopark.errors import EcoparkError, InputError, Place, Problem

FIRST = "0" * 16
SIZES = ((Fraction(1000), "below_10m"), (Fraction(10000), "10m_to_100m"), (None, "from_100m"))
"""Classes of investment in which refusals are counted. [10k CNY]"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the register."""

    number: int
    on: str
    project: str
    policy: str
    policy_hash: str
    verdict: str
    by: str
    data: dict[str, Any]
    hash: str


class Register:
    """The decisions of one park.

    Parameters
    ----------
    folder
        The park folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "register"
        self.path = self.folder / "decisions.jsonl"

    def append(self, decision: Decision, *, by: str = "") -> Entry:
        """Write a decision; the line is on the disk when this returns.

        Raises
        ------
        InputError
            The register was changed by hand.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._locked():
            entries = list(self)
            before = entries[-1].hash if entries else FIRST
            row = {
                "number": len(entries) + 1,
                "on": decision.on.isoformat(),
                "by": by,
                "project": json.loads(decision.project.given or "{}"),
                "name": decision.project.name,
                "policy": decision.policy.id,
                "policy_hash": decision.policy.hash,
                "version": decision.version,
                "period": decision.period,
                "investment_10k_cny": _investment(decision),
                "quotas": None if decision.quotas is None else _quota_rows(decision),
                "decision": decision.to_dict(),
                "before": before,
            }
            row["hash"] = _hash(row)
            self._keep_policy(decision)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
                file.flush()
                os.fsync(file.fileno())
            return _entry(row)

    def __iter__(self) -> Iterator[Entry]:
        """All entries, oldest first.

        Raises
        ------
        InputError
            A line cannot be read, or the chain of hashes is broken there.
        """
        if not self.path.is_file():
            return
        before = FIRST
        for number, line in enumerate(self.path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                row = json.loads(line)
                good = row["before"] == before and row["hash"] == _hash(row) and row["number"] == number
            except (ValueError, KeyError, TypeError):
                good, row = False, {}
            if not good:
                zh, en = "登记簿此行被改动或缺失", "this line of the register was changed, or one before it is missing"
                raise InputError([Problem("register-broken", Place(str(self.path), line=number), zh, en)])
            before = row["hash"]
            yield _entry(row)

    def reproduce(self, number: int, park: ParkMap | None = None) -> tuple[Decision, bool]:
        """Make a decision again from what was kept, and whether it says the same.

        Parameters
        ----------
        number
            Which entry.
        park
            The map it was decided on, where a place matters.

        Raises
        ------
        EcoparkError
            There is no such entry.
        """
        entry = next((e for e in self if e.number == number), None)
        if entry is None:
            raise EcoparkError(f"the register has no entry {number}")
        policy = load_policy(self.folder / "policies" / entry.policy_hash / entry.policy, self._overlay(entry))
        project = read_project(entry.data["project"], policy.own_ratios)
        rows = entry.data["quotas"]
        quotas = None if rows is None else {(r["quota"], r["year"]): exact(r["left"]) for r in rows}
        site = park.site_of(project.parcel, project.group, project.geometry) if park else None
        made = decide(project, policy, date.fromisoformat(entry.on), site=site, quotas=quotas)
        kept = entry.data["decision"]
        again = made.to_dict()
        return made, again["verdict"] == kept["verdict"] and again["findings"] == kept["findings"]

    def refusals(self) -> dict[str, dict[str, int]]:
        """Refused projects counted by reason (rule) and by size of investment; a project counts once a rule."""
        by_rule: Counter[str] = Counter()
        by_size: Counter[str] = Counter()
        for entry in self:
            if entry.verdict != "refuse":
                continue
            by_size[_size(entry.data.get("investment_10k_cny"))] += 1
            for finding in entry.data["decision"]["findings"]:
                if finding["status"] == "not_met":
                    by_rule[finding["rule"]] += 1
        return {"by_reason": dict(by_rule.most_common()), "by_size": dict(by_size)}

    # -- files ---------------------------------------------------------------------------------------------------------

    def _keep_policy(self, decision: Decision) -> None:
        """A copy of the policy's files, by hash."""
        target = self.folder / "policies" / decision.policy.hash / decision.policy.id
        if target.is_dir() or not decision.policy.folder:
            return
        scratch = target.with_name(target.name + ".part")
        scratch.mkdir(parents=True, exist_ok=True)
        for name in ("policy.yaml", "rules.yaml"):
            shutil.copyfile(Path(decision.policy.folder) / name, scratch / name)
        overlay = self.folder.parent / "policy" / f"{Path(decision.policy.folder).name}.yaml"
        if overlay.is_file():
            shutil.copyfile(overlay, scratch / overlay.name)
        scratch.replace(target)

    def _overlay(self, entry: Entry) -> Path | None:
        folder = self.folder / "policies" / entry.policy_hash / entry.policy
        own = [p for p in folder.glob("*.yaml") if p.name not in ("policy.yaml", "rules.yaml")]
        return own[0] if own else None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time; on systems without file locks the last one wins."""
        with (self.folder / ".lock").open("w") as file:
            try:
                import fcntl
            except ImportError:
                yield
                return
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(file, fcntl.LOCK_UN)


def _entry(row: dict[str, Any]) -> Entry:
    verdict = row["decision"]["verdict"]
    return Entry(
        row["number"], row["on"], row["name"], row["policy"], row["policy_hash"], verdict, row["by"], row, row["hash"]
    )


def _hash(row: dict[str, Any]) -> str:
    kept = {k: v for k, v in row.items() if k != "hash"}
    text = json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _quota_rows(decision: Decision) -> list[dict[str, Any]]:
    rows = sorted((decision.quotas or {}).items())
    return [{"quota": q, "year": y, "left": str(left)} for (q, y), left in rows]


def _investment(decision: Decision) -> str | None:
    period = decision.project.period(decision.on.year)
    found = decision.project.facts.get(SUBJECT, "fixed_investment", period)
    return decimal_text(found.value) if found is not None and isinstance(found.value, Fraction) else None


def _size(given: str | None) -> str:
    if given is None:
        return "not_given"
    value = exact(given)
    return next(name for limit, name in SIZES if limit is None or value < limit)
