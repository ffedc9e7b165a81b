"""The OpenAPI description as a page shows it: groups of operations with parameters, body and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecopark.core.text import Text

GROUPS = {
    "parks": Text("园区与本人", "Parks and yourself"),
    "figures": Text("数据", "Figures"),
    "files": Text("导入、列对应、佐证与提交", "Imports, column mappings, evidence, submissions"),
    "assessments": Text("评价与后台任务", "Assessments and background work"),
    "rules": Text("标准、数据项与搜索", "Standards, quantities, search"),
    "tasks": Text("任务", "Tasks"),
    "cases": Text("问题", "Cases"),
    "projects": Text("项目与判定", "Projects and decisions"),
    "ledger": Text("总量指标台账", "Quota ledger"),
    "firms": Text("企业、审核与改造", "Firms, audits, retrofits"),
    "grades": Text("评价与申诉", "Grades and appeals"),
    "land": Text("用地更新", "Land renewal"),
    "office": Text("园区设置与成员", "Settings and members"),
    "many": Text("多园区", "Many parks"),
}


def operations(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The operations under their groups, in the order of the schema."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path, methods in schema["paths"].items():
        for method, one in methods.items():
            tag = next(iter(one.get("tags", ())), "")
            found.setdefault(tag, []).append(
                {
                    "id": one["operationId"], "method": method.upper(), "path": path,
                    "summary": _summary(one.get("summary", "")),
                    "about": one.get("description", ""), "parameters": [_parameter(p) for p in one.get("parameters", ())],
                    "body": _body(one, schema), "answers": _answers(one),
                }
            )  # fmt: skip
    return [{"id": tag, "label": GROUPS.get(tag, Text(tag, tag)), "operations": ops} for tag, ops in found.items()]


def _summary(given: str) -> Text:
    """What a call is called: its summary holds English, then Chinese."""
    en, _, zh = given.partition(" / ")
    return Text(zh or en, en)


def _parameter(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": given["name"], "where": given["in"], "needed": given.get("required", False),
        "type": type_words(given["schema"]), "about": given.get("description", ""),
    }  # fmt: skip


def _body(one: Mapping[str, Any], schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    content = one.get("requestBody", {}).get("content", {})
    rows = []
    for media, form in content.items():
        shape = resolve(form["schema"], schema)
        for name, part in shape.get("properties", {}).items():
            rows.append(
                {
                    "name": name,
                    "where": media,
                    "needed": name in shape.get("required", ()),
                    "type": type_words(part),
                    "about": "",
                }
            )
    return rows


def _answers(one: Mapping[str, Any]) -> list[dict[str, str]]:
    found = []
    for code, answer in one.get("responses", {}).items():
        shape: Mapping[str, Any] = next((c.get("schema", {}) for c in answer.get("content", {}).values()), {})
        found.append({"code": str(code), "type": type_words(shape) if shape else ""})
    return found


def resolve(shape: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A shape with its reference followed."""
    reference = shape.get("$ref", "")
    return schema["components"]["schemas"][reference.rpartition("/")[2]] if reference else shape


def type_words(shape: Mapping[str, Any]) -> str:
    """A type in a few words: ``string``, ``FigureIn``, ``list of FigureIn``."""
    if "$ref" in shape:
        return str(shape["$ref"]).rpartition("/")[2]
    if "anyOf" in shape:
        return " | ".join(dict.fromkeys(type_words(s) for s in shape["anyOf"]))
    if shape.get("type") == "array":
        return f"list of {type_words(shape.get('items', {}))}"
    kind = str(shape.get("type", "object"))
    return f"{kind} ({shape['format']})" if "format" in shape else kind
