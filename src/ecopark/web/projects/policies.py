"""Which admission policy a park works by: one that ships or one of its own, with the rules the park has filled in."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from ecopark.admission.cases import check_policy
from ecopark.admission.load import find_policy, load_policy, policy_hash, shipped_folder, shipped_policies
from ecopark.admission.policy import Policy
from ecopark.errors import EcoparkError, InputError, PackError
from ecopark.web import own_directories as directories
from ecopark.web.parks.models import Park
from ecopark.web.projects.models import PolicyEdition, RuleEdition


class OwnRulesError(PackError):
    """What the park has filled in cannot be used by this version of the program."""


def gate_folder(park: Park) -> Path:
    """The park's folder of the gate below the uploads."""
    return Path(settings.UPLOADS) / "gate" / str(park.pk)


def policy_of(park: Park) -> Policy | None:
    """The admission policy the park works with, its own rules included; None if none was chosen yet.

    Raises
    ------
    PackError
        What the park has filled in cannot be used by this version of the program.
    """
    name = str(park.settings.get("policy") or "")
    return named(park, name) if name else None


def base_of(park: Park) -> Policy | None:
    """The policy the park works with, without its own rules; None if none was chosen yet."""
    name = str(park.settings.get("policy") or "")
    folder = folder_of_policy(park, name) if name else None
    return None if folder is None else loaded(folder, None)


def named(park: Park, name: str) -> Policy | None:
    """A policy of the park by its id, with the park's own rules; None if there is none."""
    folder = folder_of_policy(park, name)
    return None if folder is None else loaded(folder, rules_file(park, name))


def remembered(park: Park, name: str) -> Policy | None:
    """The same for the name of a decision's policy: None also where its rules can no longer be read."""
    try:
        return named(park, name)
    except EcoparkError:
        return None


def folder_of_policy(park: Park, name: str) -> Path | None:
    """Where the files of a policy lie, own rules left aside."""
    if name in shipped_policies():
        return shipped_folder() / name
    own = directories.last_of(PolicyEdition.objects.filter(park=park), name)
    return None if own is None else own.folder


def rules_file(park: Park, name: str) -> Path | None:
    """The park's own rules of a policy as the library reads them, written anew whenever they differ; None if it has none."""
    path = gate_folder(park) / "policy" / f"{name}.yaml"
    last = last_rules(park, name)
    text = own_text(last)
    if not text:
        path.unlink(missing_ok=True)
        return None
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{name}.{secrets.token_hex(4)}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    return path


def last_rules(park: Park, policy: str) -> RuleEdition | None:
    """The edition of the park's own rules that counts."""
    return RuleEdition.objects.filter(park=park, policy=policy).order_by("-number").first()


def own_text(edition: RuleEdition | None) -> str:
    """The park's own file as an edition has it; empty if nothing is filled in."""
    if edition is None or not (edition.rules or edition.parameters):
        return ""
    return rules_text(edition.rules, edition.parameters)


def rules_text(rules: Mapping[str, str], parameters: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    """The park's own file, made of the YAML of each rule; parameters with where they are written beside them.

    Examples
    --------
    >>> print(rules_text({"far": "id: far\\nkind: list"}, {"steps": {"value": "4", "clause": "art. 5", "basis": "seen"}}))
    rules:
    -
      id: far
      kind: list
    parameters:
      # art. 5, seen
      steps: '4'
    <BLANKLINE>
    """
    parts = ["rules:"] if rules else []
    for text in rules.values():
        parts += ["-", *(f"  {line}".rstrip() for line in text.splitlines())]
    if parameters:
        parts.append("parameters:")
    for name, entry in (parameters or {}).items():
        said = ", ".join(str(entry[k]) for k in ("clause", "source", "basis") if entry.get(k))
        value = yaml.safe_dump({name: entry["value"]}, allow_unicode=True, width=10_000).strip()
        parts += [f"  # {said}", f"  {value}"]
    return "\n".join(parts) + "\n"


def loaded(folder: Path, overlay: Path | None) -> Policy:
    """A policy from its files; what was read before is not read again.

    Raises
    ------
    PackError
        It cannot be used.
    """
    try:
        return _loaded(folder, overlay, policy_hash(folder, overlay))
    except PackError as error:
        if overlay is None:
            raise
        raise OwnRulesError([shown_at(p, f"policy/{overlay.name}") for p in error.problems]) from None


@lru_cache(maxsize=128)
def _loaded(folder: Path, overlay: Path | None, edition: str) -> Policy:
    return load_policy(folder, overlay)


def known_policies(park: Park) -> list[Policy]:
    """The policies the park may choose: those that ship, and its own; what cannot be read any more is left out."""
    found = [find_policy(name) for name in shipped_policies()]
    for edition in own_policies(park):
        try:
            found.append(loaded(edition.folder, None))
        except PackError:
            continue
    return found


def own_policies(park: Park) -> list[PolicyEdition]:
    """The last editions of the park's own policies."""
    return directories.last_editions(PolicyEdition.objects.filter(park=park).select_related("by"))


def choose_policy(park: Park, name: str, user: Any) -> Policy:
    """Let the park work by this policy from now on.

    Raises
    ------
    EcoparkError
        There is no such policy.
    """
    found = named(park, name) if name else None
    if found is None:
        raise EcoparkError("There is no such policy.", zh="没有这个政策。")
    park.set_parts(user, f"admission policy: {name}", policy=name)
    return found


# -- a policy of its own -----------------------------------------------------------------------------------------------


def _fits_own_rules(park: Park, name: str, files: Mapping[str, str]) -> None:
    """Whether what the park has filled in still fits a new edition of its policy."""
    text = own_text(last_rules(park, name))
    if not text:
        return
    with directories.laid_out(name, files) as folder:
        overlay = folder.parent / f"{name}-own.yaml"
        overlay.write_text(text, encoding="utf-8")
        try:
            load_policy(folder, overlay)
        except PackError as error:
            raise InputError([shown_at(p, f"policy/{name}.yaml") for p in error.problems]) from None


def _taken() -> tuple[str, ...]:
    """Ids of policies that ship; and `policy/quotas.yaml` of a park folder is something else: no policy is called so."""
    return (*shipped_policies(), "quotas")


OWN = directories.Kind(
    PolicyEdition, ("policy.yaml", "rules.yaml"), load_policy, check_policy, _taken, fits=_fits_own_rules
)
"""Policies of the zone's own: `take_in` and `bring_back`."""


def shown_at(problem: Any, file: str, lines: int = 0) -> Any:
    """A problem at a file as people know it, its line counted from `lines` on."""
    line = problem.place.line
    return replace(problem, place=replace(problem.place, file=file, line=line and max(1, line - lines)))
