"""YAML that remembers its lines, so that every complaint about a pack can say file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ecopark.errors import PackError, Place, Problem

MAX_BYTES = 5_000_000


class Map(dict[str, Any]):
    """A YAML mapping; `line` is where it starts, `lines` where each key stands."""

    line: int = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines: dict[str, int] = {}

    def line_of(self, key: str) -> int:
        return self.lines.get(key, self.line)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    pass


def _construct(loader: Any, node: yaml.MappingNode) -> Map:
    made = Map()
    made.line = node.start_mark.line + 1
    for key_node, value_node in node.value:
        key = str(loader.construct_object(key_node, deep=True))
        if key in made:
            raise yaml.constructor.ConstructorError(None, None, f"the key '{key}' is given twice", key_node.start_mark)
        made[key] = loader.construct_object(value_node, deep=True)
        made.lines[key] = key_node.start_mark.line + 1
    return made


_Loader.add_constructor("tag:yaml.org,2002:map", _construct)
# Numbers, dates and on/off stay texts: limits are written as decimal strings, and 2015-12 is no arithmetic.
for _tag in ("int", "float", "timestamp"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", lambda loader, node: str(node.value))


def load_yaml(path: Path, name: str = "") -> Any:
    """Read one YAML file; mappings come as `Map`, numbers as their text.

    Raises
    ------
    PackError
        The file is not there, too large, or not YAML.
    """
    shown = name or str(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise PackError([_problem("file-too-large", shown, 0, f"the file is larger than {MAX_BYTES} bytes")])
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except FileNotFoundError:
        raise PackError([_problem("file-missing", shown, 0, "the file is missing")]) from None
    except UnicodeDecodeError:
        raise PackError([_problem("not-utf8", shown, 0, "the file is not UTF-8 text")]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or "it cannot be read"
        raise PackError(
            [_problem("not-yaml", shown, mark.line + 1 if mark else 0, f"not valid YAML: {what}")]
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):  # a value that its own tag does not fit
        en = "not valid YAML: a value does not fit its tag, or it is nested too deeply"
        raise PackError([_problem("not-yaml", shown, 0, en)]) from None


def _problem(code: str, file: str, line: int, en: str) -> Problem:
    return Problem(code, Place(file, line=line or None), en, en)
