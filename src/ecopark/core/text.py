"""A sentence or label in the two languages of the interface."""

from __future__ import annotations

from dataclasses import dataclass

from ecopark.errors import EcoparkError


@dataclass(frozen=True, slots=True)
class Text:
    """A bilingual text. `Text("达标", "met")["zh"]` is 达标; an empty side falls back to the other one."""

    zh: str = ""
    en: str = ""

    def __getitem__(self, lang: str) -> str:
        return (self.zh or self.en) if lang == "zh" else (self.en or self.zh)

    def __str__(self) -> str:
        return self.en or self.zh

    def __bool__(self) -> bool:
        return bool(self.zh or self.en)


class RefusedError(EcoparkError):
    """Something cannot be done so; `text` says why and what to do, in both languages."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en, zh=text.zh)
        self.text = text
