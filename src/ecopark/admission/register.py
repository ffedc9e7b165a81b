"""The register: every decision kept with its facts, the edition of the policy and the quota state; only appended to.

It lies in the park folder as `register/decisions.jsonl`, one decision a line, each carrying the hash of the line before: a line
changed or taken out later shows. The policy's files and the map's layers are kept beside it by hash, so that any decision can
be made again on any later day, whatever has become of policy, map and ledger since.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from ecopark.admission.bookings import decision_id
from ecopark.admission.decision import Decision
from ecopark.admission.gate import decide
from ecopark.admission.load import load_policy, policy_hash
from ecopark.admission.places import ParkMap, layer_files, map_hash, read_map
from ecopark.admission.policy import Policy
from ecopark.admission.project import SUBJECT, read_project
from ecopark.core.rounding import decimal_text, exact
from ecopark.errors import InputError, Place, Problem

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

    def append(self, decision: Decision, *, by: str = "", reservations: Sequence[str] = ()) -> Entry:
        """Write a decision; the line is on the disk when this returns.

        Parameters
        ----------
        by
            Who decided.
        reservations
            Names of its reservations in the quota ledger.

        Raises
        ------
        InputError
            The register was changed by hand, or the park's map or rules were changed since the decision.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._locked():
            entries = list(self)
            before = entries[-1].hash if entries else FIRST
            row = {
                "number": len(entries) + 1,
                "id": decision_id(decision),
                "on": decision.on.isoformat(),
                "by": by,
                "project": json.loads(decision.project.given or "{}"),
                "name": decision.project.name,
                "policy": decision.policy.id,
                "policy_hash": decision.policy.hash,
                "map_hash": decision.map_hash,
                "version": decision.version,
                "period": decision.period,
                "investment_10k_cny": _investment(decision),
                "quotas": None if decision.quotas is None else _quota_rows(decision),
                "reasons": [f.id for f in decision.reasons],
                "reservations": list(reservations),
                "decision": decision.to_dict(),
                "before": before,
            }
            if decision.held:
                row["held"] = dict(decision.held)
            row["hash"] = _hash(row)
            self._keep_policy(decision)
            self._keep_map(decision)
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

    def entry(self, number: int) -> Entry:
        """The entry of this number.

        Raises
        ------
        InputError
            There is none.
        """
        last = 0
        for entry in self:
            if entry.number == number:
                return entry
            last = entry.number
        zh, en = f"登记簿没有第 {number} 号", f"the register has no entry {number}"
        repair = f"共 {last} 号。", f"It has {last}."
        raise InputError([Problem("register-no-entry", Place(str(self.path)), zh, en, *repair)])

    def policy(self, entry: Entry) -> Policy:
        """The policy of an entry, as it was then.

        Raises
        ------
        InputError
            What was kept beside the register is lost or was changed.
        """
        folder = self.folder / "policies" / entry.policy_hash / entry.policy
        if not folder.is_dir():
            raise self._lost(folder)
        policy = load_policy(folder, self._overlay(folder))
        if policy.hash != entry.policy_hash:
            raise self._lost(folder)
        return policy

    def reproduce(self, number: int) -> tuple[Decision, tuple[str, ...]]:
        """Make a decision again from what was kept, on the policy, the map and the quota state of its day.

        Returns
        -------
        decision
            As it is made now.
        differs
            Rules that answer otherwise than was kept, and ``verdict``; nothing if it says the same.

        Raises
        ------
        InputError
            There is no such entry, or what was kept beside the register is lost or was changed.
        """
        entry = self.entry(number)
        policy = self.policy(entry)
        project = read_project(entry.data["project"], policy.own_ratios)
        rows = entry.data["quotas"]
        quotas = None if rows is None else {(r["quota"], r["year"]): exact(r["left"]) for r in rows}
        park = self._map(str(entry.data.get("map_hash") or ""))
        park = park.with_held(entry.data.get("held") or {}) if park else None
        site = park.site_of(project.parcel, project.group, project.geometry) if park else None
        made = decide(project, policy, date.fromisoformat(entry.on), site=site, quotas=quotas)
        return made, _differences(entry.data["decision"], made.to_dict())

    def refusals(self) -> dict[str, dict[str, int]]:
        """Refused projects counted by reason (rule) and by size of investment; a project counts once a rule.

        Only a finding that refuses is a reason: a rule whose effect is a condition is not.
        """
        by_rule: Counter[str] = Counter()
        by_size: Counter[str] = Counter()
        for entry in self:
            if entry.verdict == "refuse":
                by_size[_size(entry.data.get("investment_10k_cny"))] += 1
                by_rule.update(set(entry.data["reasons"]))
        sizes = [name for _, name in SIZES] + ["not_given"]
        return {
            "by_reason": dict(sorted(by_rule.items(), key=lambda one: (-one[1], one[0]))),
            "by_size": {name: by_size[name] for name in sizes if by_size[name]},
        }

    def verdicts(self) -> dict[str, int]:
        """How many decisions there are of each verdict."""
        return dict(Counter(entry.verdict for entry in self).most_common())

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
        if policy_hash(scratch, self._overlay(scratch)) != decision.policy.hash:
            shutil.rmtree(scratch)
            zh, en = "判定之后准入规则已被改动，请重新判定", "the rules were changed since the decision; decide again"
            raise InputError([Problem("policy-changed", Place(decision.policy.folder), zh, en)])
        scratch.replace(target)

    def _keep_map(self, decision: Decision) -> None:
        """A copy of the map's layers, by hash."""
        target = self.folder / "maps" / decision.map_hash
        if not decision.map_hash or target.is_dir():
            return
        park = self.folder.parent
        if map_hash(park) != decision.map_hash:
            zh, en = "判定之后地图已被改动，请重新判定", "the map was changed since the decision; decide again"
            raise InputError([Problem("map-changed", Place(str(park / "map")), zh, en)])
        scratch = target.with_name(target.name + ".part")
        (scratch / "map").mkdir(parents=True, exist_ok=True)
        for path in layer_files(park):
            shutil.copyfile(path, scratch / "map" / path.name)
        scratch.replace(target)

    def _map(self, edition: str) -> ParkMap | None:
        """The map as it was kept under a hash."""
        if not edition:
            return None
        folder = self.folder / "maps" / edition
        if map_hash(folder) != edition:
            raise self._lost(folder)
        return read_map(folder)

    def _lost(self, folder: Path) -> InputError:
        zh, en = "登记时留存的文件已丢失或被改动", "what was kept with the register is lost or was changed"
        repair = "请从备份恢复。", "Restore it from a backup."
        return InputError([Problem("register-lost", Place(str(folder)), zh, en, *repair)])

    def _overlay(self, folder: Path) -> Path | None:
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


def _differences(kept: dict[str, Any], made: dict[str, Any]) -> tuple[str, ...]:
    before, now = ({f["rule"]: f for f in d["findings"]} for d in (kept, made))
    found = [rule for rule in {**before, **now} if before.get(rule) != now.get(rule)]
    return (*(["verdict"] if kept["verdict"] != made["verdict"] else []), *found)


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
