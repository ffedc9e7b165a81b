"""Calls of the API with one person's token."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from ecopark.web.people.models import ApiToken

from .conftest import World

V1 = "/api/v1"
INSIDE = ("admin", "office", "consultant", "reviewer", "firm", "keeper")
WIDE = ("admin", "office", "consultant", "reviewer")
OFFICE = ("admin", "office")


def token_of(world: World, role: str) -> dict[str, str]:
    return {"authorization": f"Bearer {ApiToken.issue(world.people[role], 'test')[1]}"}


class Api:
    """Calls with one person's token."""

    def __init__(self, world: World, role: str) -> None:
        self.client, self.headers = Client(), {} if role == "anonymous" else token_of(world, role)

    def get(self, path: str) -> Any:
        return self.client.get(V1 + path, headers=self.headers)

    def send(self, path: str, body: Any, method: str = "post") -> Any:
        data = json.dumps(body)
        return getattr(self.client, method)(V1 + path, data, content_type="application/json", headers=self.headers)

    def upload(self, path: str, fields: dict[str, Any]) -> Any:
        return self.client.post(V1 + path, fields, headers=self.headers)


def good(answer: Any, status: int = 200) -> Any:
    """The content of an answer that should be so."""
    assert answer.status_code == status, answer.content.decode()[:600]
    return answer.json()


def refusal(answer: Any, status: int) -> dict[str, Any]:
    """The error of an answer that should be refused, which is in the envelope and says why in both languages."""
    assert answer.status_code == status, answer.content.decode()[:600]
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) == {"code", "zh", "en", "problems"}
    assert error["zh"] and error["en"]
    return error


def refused_as(role: str) -> int:
    """What somebody hears who may not: those who may not know of the park, and those who may not do it."""
    return {"anonymous": 401, "stranger": 404}.get(role, 403)
