"""Who checked which clause against what: the only thing that makes a clause `verified`.

Records live in `verified.toml` of a park folder (or of a pack directory)::

    [[verified]]
    clause = "hj274-2015/10"        # or "hj274-2015/*" for all clauses
    by = "name of the person"
    against = "HJ 274-2015, printed edition, table 1"
    date = "2026-11-21"
    pack_hash = "..."               # the edition of the pack that was checked; a changed pack is no longer verified

A pack is called official only when every clause of it is verified.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecopark.errors import EcoparkError, InputError, Place, Problem
from ecopark.packs.model import Pack


@dataclass(frozen=True, slots=True)
class Verification:
    """One record: a named person checked a clause against a document on a day."""

    clause: str
    by: str
    against: str
    date: str
    pack_hash: str = ""

    def text(self) -> str:
        """``name, document, date``."""
        return ", ".join(part for part in (self.by, self.against, self.date) if part)

    def to_toml(self) -> str:
        """The record as a `[[verified]]` table."""
        rows = [
            f"{key} = {json.dumps(getattr(self, key), ensure_ascii=False)}"
            for key in self.__slots__
            if getattr(self, key)
        ]
        return "\n".join(["[[verified]]", *rows, ""])


def verified_clauses(pack: Pack, entries: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Tail of a clause -> who verified it, for the edition of the pack at hand.

    A record made for another edition of the pack does not count.
    """
    found: dict[str, str] = {}
    for entry in (*_beside(pack), *entries):
        name = str(entry.get("clause", ""))
        if not name.startswith(f"{pack.id}/"):
            continue
        if entry.get("pack_hash") and entry["pack_hash"] != pack.hash:
            continue
        if not (entry.get("by") and entry.get("against")):
            continue
        record = Verification(name, str(entry["by"]), str(entry["against"]), str(entry.get("date", "")))
        tail = name.split("/", 1)[1]
        for clause in pack.clauses:
            if tail in ("*", clause.tail):
                found[clause.tail] = record.text()
    return found


def _beside(pack: Pack) -> list[Mapping[str, Any]]:
    """Records that lie in the pack's own directory."""
    path = Path(pack.folder) / "verified.toml"
    if not pack.folder or not path.is_file():
        return []
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("verified", [])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            [Problem("bad-toml", Place(str(path)), f"读不懂（{error}）", f"cannot be read ({error})")]
        ) from None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def record(folder: Path, pack: Pack, clauses: Iterable[str], by: str, against: str, date: str) -> list[Verification]:
    """Append verification records to `verified.toml` in `folder`.

    Raises
    ------
    InputError
        A clause does not exist, or name or document is empty; nothing is written then.
    """
    problems, made = [], []
    for name in clauses:
        tail = name.split("/", 1)[-1]
        try:
            tail = "*" if tail == "*" else pack.clause(tail).tail
        except KeyError:
            zh, en = f"{pack.id} 没有条款 {tail}", f"{pack.id} has no clause {tail}"
            problems.append(Problem("unknown-clause", Place(), zh, en))
            continue
        made.append(Verification(f"{pack.id}/{tail}", by.strip(), against.strip(), date, pack.hash))
    if not by.strip() or not against.strip():
        zh, en = "须写明核对人与所据文件", "say who checked it (--by) and against which document (--against)"
        problems.append(Problem("verification-incomplete", Place(), zh, en))
    if not folder.is_dir():
        raise EcoparkError(f"{folder} is not a directory", zh=f"{folder} 不是文件夹")
    if problems:
        raise InputError(problems)
    path = folder / "verified.toml"
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    text = before + ("\n" if before and not before.endswith("\n\n") else "") + "\n".join(v.to_toml() for v in made)
    scratch = path.with_suffix(".toml.part")
    scratch.write_text(text, encoding="utf-8")
    scratch.replace(path)
    return made
