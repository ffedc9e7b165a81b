"""The method of the how-to page loads and its case holds."""

from __future__ import annotations

import re
from pathlib import Path

from ecopark.grading.cases import check_method
from ecopark.grading.load import load_method

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "write-a-grading-method.md"


def test_the_example_method_passes_its_own_check(tmp_path: Path) -> None:
    method, case = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "cases").mkdir()
    (tmp_path / "method.yaml").write_text(method, encoding="utf-8")
    (tmp_path / "cases" / "by-hand.yaml").write_text(case, encoding="utf-8")
    assert [p.message() for p in check_method(load_method(tmp_path))] == []
