"""Rules of a zone's own as directories: taken in from a zip or its YAML files, kept as editions, laid out for the library.

An edition is never changed. Its files lie in the database (so that a backup has them) and, once they are needed, in a folder of
their own below the uploads, because the library reads directories.
"""

from __future__ import annotations

import io
import re
import secrets
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Generic, TypeVar

import yaml
from django.conf import settings
from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone

from ecopark.errors import EcoparkError, InputError, PackError, Place, Problem
from ecopark.packs.yaml_lines import Map, load_yaml
from ecopark.web.archives import Most, twice, unzipped
from ecopark.web.parks.models import Park

MOST, MOST_DEEP = Most(200, 1_000_000, 4_000_000), 40
ID = re.compile(r"[a-z0-9][a-z0-9_-]{1,59}")

E = TypeVar("E", bound="DirectoryEdition")


class DirectoryEdition(models.Model):
    """One edition of a directory of rules; the last one of a name is the one that counts.

    Parameters
    ----------
    name
        The id the directory gives itself.
    files
        Texts by path inside the directory.
    hash
        Of what decides, as the library makes it: decisions and gradings carry the same.
    back_to
        Number of the edition this one brings back.
    """

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="%(class)ss")
    name = models.CharField(max_length=80)
    number = models.IntegerField()
    files = models.JSONField(default=dict)
    hash = models.CharField(max_length=64)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    upload = models.CharField(max_length=200, blank=True)
    back_to = models.IntegerField(null=True, blank=True)
    why = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True
        constraints = [models.UniqueConstraint(fields=["park", "name", "number"], name="one_%(class)s_number")]  # noqa: RUF012
        ordering = ("name", "-number")

    def __str__(self) -> str:
        return f"{self.name} {self.number}"

    @property
    def title(self) -> dict[str, str]:
        """What it is called."""
        return {"zh": self.title_zh, "en": self.title_en}

    @property
    def folder(self) -> Path:
        """Its files on the disk, laid out when they are first asked for."""
        root = Path(settings.UPLOADS) / "own" / self._meta.model_name / str(self.park_id) / f"{self.name}-{self.number}"
        target = root / self.name
        if not target.is_dir():
            part = root.with_name(f"{root.name}.{secrets.token_hex(4)}.part")
            lay_out(part / self.name, self.files)
            try:
                part.replace(root)
            except OSError:  # somebody else laid it out meanwhile
                shutil.rmtree(part, ignore_errors=True)
        return target

    def zipped(self) -> bytes:
        """The directory as a zip, to be taken away."""
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in sorted(self.files.items()):
                # without the hour of the download: the same edition is the same file
                archive.writestr(zipfile.ZipInfo(f"{self.name}/{name}"), text, zipfile.ZIP_DEFLATED)
        return made.getvalue()


def last_editions(rows: models.QuerySet[Any]) -> list[Any]:
    """The editions that count: of every name the last."""
    found: dict[str, Any] = {}
    for edition in rows.order_by("name", "-number"):
        found.setdefault(edition.name, edition)
    return list(found.values())


def last_of(rows: models.QuerySet[Any], name: str) -> Any:
    """The last edition of a name; None if there is none."""
    return rows.filter(name=name).order_by("-number").first() if name else None


def lay_out(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files of a directory."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


@contextmanager
def laid_out(name: str, files: Mapping[str, str]) -> Iterator[Path]:
    """The files as a directory for as long as they are looked at."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / name
        lay_out(folder, files)
        yield folder


# -- taking in ---------------------------------------------------------------------------------------------------------


def files_of(uploads: Sequence[Any], allowed: Sequence[str]) -> dict[str, str]:
    """The texts of an uploaded directory by path: from one zip, or from its files.

    Parameters
    ----------
    allowed
        File names at the top, beside ``NOTES.md`` and ``cases/*.yaml``; the first one must be there.

    Raises
    ------
    InputError
        Everything that cannot be taken: what it is, where, what to do.
    """
    problems: list[Problem] = []
    zips = [u for u in uploads if str(u.name).lower().endswith(".zip")]
    if not uploads or (zips and len(uploads) > 1):
        zh, en = "请选择一个 zip，或目录中的全部 YAML 文件", "choose one zip, or all YAML files of the directory"
        raise InputError([Problem("upload-missing", Place(), zh, en)])
    raw = _unzipped(zips[0], problems) if zips else _loose(uploads, allowed, problems)
    found: dict[str, str] = {}
    for name, data in raw.items():
        if name not in (*allowed, "NOTES.md") and not re.fullmatch(r"cases/[^/]+\.yaml", name):
            zh, en = "目录中不应有此文件", "this file does not belong to the directory"
            known = ", ".join((*allowed, "cases/*.yaml", "NOTES.md"))
            problems.append(Problem("file-unknown", Place(name), zh, en, f"只可有：{known}", f"It may have: {known}"))
            continue
        try:
            found[name] = data.decode("utf-8-sig")
            if "\x00" in found[name]:
                raise ValueError
        except ValueError:
            zh, en = "不是 UTF-8 文本", "is not UTF-8 text"
            problems.append(Problem("not-utf8", Place(name), zh, en, "请另存为 UTF-8 编码。", "Save it in UTF-8."))
            continue
        if name.endswith(".yaml"):
            problems += wrong_yaml(found[name], name)
    if not problems and allowed[0] not in found:
        zh, en = f"缺少 {allowed[0]}", f"there is no {allowed[0]}"
        problems.append(Problem("file-missing", Place(allowed[0]), zh, en))
    if problems:
        raise InputError(problems)
    return found


def _loose(uploads: Sequence[Any], allowed: Sequence[str], problems: list[Problem]) -> dict[str, bytes]:
    """Files sent one by one; YAML that stands nowhere at the top is a case."""
    found: dict[str, bytes] = {}
    left = MOST.all
    for upload in uploads[: MOST.files + 1]:
        name = PurePosixPath(str(upload.name).replace("\\", "/")).name[:200]
        name = name if name in (*allowed, "NOTES.md") or not name.endswith(".yaml") else f"cases/{name}"
        if upload.size > min(MOST.each, left) or len(found) >= MOST.files:
            problems.append(MOST.exceeded(name))
            break
        left -= upload.size
        if name in found:
            problems.append(twice(name))
        found[name] = upload.read()
    return found


def _unzipped(upload: Any, problems: list[Problem]) -> dict[str, bytes]:
    """The files of an archive; one folder around all of them is taken off."""
    found = dict(unzipped(upload, MOST, problems))
    tops = {PurePosixPath(n).parts[0] for n in found}
    if len(tops) == 1 and all("/" in n for n in found) and tops != {"cases"}:
        found = {n.split("/", 1)[1]: data for n, data in found.items()}
    return found


def wrong_yaml(text: str, name: str) -> list[Problem]:
    """What is never taken in YAML that people send: aliases (one line may stand for a million) and bottomless nesting."""
    deep = 0
    try:
        for token in yaml.scan(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            at = Place(name, line=token.start_mark.line + 1)
            if isinstance(token, yaml.AliasToken | yaml.AnchorToken):
                zh, en = "不接受 YAML 锚点与别名（& 与 *）", "anchors and aliases of YAML (& and *) are not taken"
                said = "请把内容写全，或给文本加引号。", "Write it out, or put the text in quotes."
                return [Problem("yaml-alias", at, zh, en, *said)]
            deep += isinstance(token, _OPENS) - isinstance(token, _CLOSES)
            if deep > MOST_DEEP:
                return [Problem("yaml-deep", at, "嵌套过深", "it is nested too deeply")]
    except yaml.YAMLError:
        return []  # the loader says where
    return []


_OPENS = (
    yaml.BlockMappingStartToken, yaml.BlockSequenceStartToken, yaml.FlowMappingStartToken, yaml.FlowSequenceStartToken,
)  # fmt: skip
_CLOSES = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)


def id_in(files: Mapping[str, str], head: str, shipped: Sequence[str]) -> str:
    """The id a directory gives itself.

    Raises
    ------
    InputError
        It has none, one that is no plain word, or that of rules that ship with ecopark.
    """
    with laid_out("directory", {head: files[head]}) as folder:
        found = load_yaml(folder / head, head)
    if not isinstance(found, Map):
        raise PackError([Problem("shape", Place(head, line=1), f"{head} 应为映射", f"{head} is a mapping")])
    name, at = str(found.get("id") or ""), Place(head, line=found.line_of("id") or 1)
    if not ID.fullmatch(name):
        zh, en = f"id {name!r} 无效", f"the id {name!r} cannot be used"
        said = "只用小写字母、数字、- 与 _，2 至 60 个字符。", "Use 2 to 60 small letters, digits, - and _."
        raise InputError([Problem("bad-id", at, zh, en, *said)])
    if name in shipped:
        zh, en = f"id {name} 是随系统提供的规则", f"the id {name} is that of rules that ship"
        raise InputError([Problem("id-taken", at, zh, en, "请改用别的 id。", "Give it another id.")])
    return name


def must_say_why(why: str) -> str:
    """The reason, cut to what is kept.

    Raises
    ------
    EcoparkError
        None is given.
    """
    said = why.strip()[:500]
    if not said:
        raise EcoparkError("Say why.", zh="请写明原因。")
    return said


# -- a kind of directories ---------------------------------------------------------------------------------------------


def anything_fits(park: Park, name: str, files: Mapping[str, str]) -> None:
    """For rules that nothing of the park has to fit."""


@dataclass(frozen=True)
class Kind(Generic[E]):
    """One kind of rules that a zone may have of its own: how a directory is read and checked, and where editions are kept.

    Parameters
    ----------
    files
        File names at the top, as for `files_of`.
    load, check
        The library's reader of such a directory, and its checks with the cases that come along.
    shipped
        The ids that are taken.
    fits
        Raises where a new edition does not fit what else the park has.
    """

    model: type[E]
    files: tuple[str, ...]
    load: Callable[[Path], Any]
    check: Callable[[Any], Sequence[Problem]]
    shipped: Callable[[], Sequence[str]]
    fits: Callable[[Park, str, Mapping[str, str]], None] = anything_fits

    def take_in(self, park: Park, uploads: Sequence[Any], user: Any, why: str) -> E:
        """A directory in, checked by the library and by its own cases; nothing is kept unless all is right.

        Raises
        ------
        InputError
            With every problem of the archive, of the rules, and of the cases.
        EcoparkError
            No reason is given.
        """
        reason = must_say_why(why)
        files = files_of(uploads, self.files)
        name = id_in(files, self.files[0], self.shipped())
        found = self._checked(name, files)
        return self._keep(
            park, name, files, hash=found.hash, title_zh=found.title.zh[:200], title_en=found.title.en[:200],
            upload=str(uploads[0].name)[:200], why=reason, by=user,
        )  # fmt: skip

    def bring_back(self, park: Park, name: str, number: int, user: Any, why: str) -> E:
        """An earlier edition as the new one.

        Raises
        ------
        EcoparkError
            There is none, no reason is given, or this version of the program cannot use it.
        """
        reason = must_say_why(why)
        old = self.model._default_manager.filter(park=park, name=name, number=number).first()
        if old is None:
            raise EcoparkError("There is no such edition.", zh="没有这个版本。")
        self._checked(name, old.files)
        return self._keep(
            park, name, old.files, hash=old.hash, title_zh=old.title_zh, title_en=old.title_en, upload=old.upload,
            back_to=number, why=reason, by=user,
        )  # fmt: skip

    def _checked(self, name: str, files: Mapping[str, str]) -> Any:
        """What the files make, if nothing at all is wrong with it."""
        with laid_out(name, files) as folder:
            found = self.load(folder)
            problems = self.check(found)
        if problems:
            raise InputError(problems)
        return found

    @transaction.atomic
    def _keep(self, park: Park, name: str, files: Mapping[str, str], **fields: Any) -> E:
        Park.objects.select_for_update().get(pk=park.pk)
        self.fits(park, name, files)
        rows = self.model._default_manager
        number = (rows.filter(park=park, name=name).aggregate(last=Max("number"))["last"] or 0) + 1
        return rows.create(park=park, name=name, number=number, files=dict(files), **fields)
