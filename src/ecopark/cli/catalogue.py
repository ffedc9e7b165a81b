"""quantities: what can be reported, under which id, in which unit."""

from __future__ import annotations

import typer

from ecopark.cli.output import columns, complain, guarded, known_format, language, say, say_json
from ecopark.cli.parks import FORMAT, LANG


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("quantities")(quantities)


@guarded
def quantities(
    like: str = typer.Option("", "--like", help="Only those whose id or label contains this word."),
    lang: str | None = LANG,
    format: str = FORMAT,
) -> None:
    """The catalogue of quantities. 数据项目录。"""
    from ecopark.core.rounding import decimal_text
    from ecopark.observations.quantity import catalogue

    lang = language(lang)
    known_format(format)
    known = catalogue()
    found = known.like(like) if like else list(known.quantities.values())
    if format == "json":
        say_json(
            [
                {
                    "id": q.id,
                    "zh": q.label.zh,
                    "en": q.label.en,
                    "unit": q.unit,
                    "kind": q.kind,
                    "level": q.level,
                    "theme": q.theme,
                    "aliases": list(q.aliases),
                    "breakdowns": list(q.breakdowns),
                    "department": q.department,
                    "range": [None if v is None else decimal_text(v) for v in (q.low, q.high)],
                    "definition": {"zh": q.definition.zh, "en": q.definition.en},
                }
                for q in found
            ]
        )
        return
    head = (
        ("编码", "名称", "单位", "类型", "分项", "责任部门")
        if lang == "zh"
        else ("id", "name", "unit", "kind", "by", "department")
    )
    rows = [head]
    for q in found:
        department = known.departments.get(q.department)
        by = ",".join(q.breakdowns)
        rows.append((q.id, q.label[lang], q.unit or "-", q.kind, by or "-", department[lang] if department else "-"))
    say(columns(rows))
    if not found:
        complain(f"没有含“{like}”的数据项" if lang == "zh" else f"no quantity contains '{like}'")
