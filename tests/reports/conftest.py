"""Fixtures: the small cast, and dossiers of it written once per session."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import report_cast as cast

from ecopark.reports.content import Material, material
from ecopark.reports.dossier import write_dossier


@pytest.fixture(scope="session", params=["zh", "en"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def small(lang: str) -> Material:
    return material(cast.assessments(), lang=lang, facts=cast.facts())


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Path]]:
    """Every format, by suffix, in one language."""
    made: dict[str, dict[str, Path]] = {}

    def write(lang: str) -> dict[str, Path]:
        if lang not in made:
            out = tmp_path_factory.mktemp(f"dossier-{lang}")
            paths = write_dossier(cast.assessments(), out, lang=lang, facts=cast.facts())
            made[lang] = {p.suffix[1:]: p for p in paths}
        return made[lang]

    return write
