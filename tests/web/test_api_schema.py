"""The API by its own schema: whatever fits the description of a request, and much that does not, is never a server error."""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ecopark.web.api.main import api
from ecopark.web.figures.models import Figure
from ecopark.web.people.models import ApiToken

from .conftest import World

schemathesis = pytest.importorskip("schemathesis")

EXAMPLES = int(os.environ.get("ECOPARK_API_EXAMPLES", "10"))
"""Requests of each operation and way of making them."""
SCHEMA = schemathesis.openapi.from_dict(api.get_openapi_schema())
OPERATIONS = {f"{o.method.upper()} {o.path}": o for o in (result.ok() for result in SCHEMA.get_all_operations())}
KNOWN = {
    "slug": "alpha", "pack": "hj274-2015", "first": "hj274-2015", "second": "zero-carbon-park-2025", "period": "2023",
    "tail": "32", "name": "industrial_fresh_water_m3",
}  # fmt: skip


def _send(client: Client, token: dict[str, str], case: Any, known: dict[str, Any]) -> Any:
    """One generated request through the whole application, middleware and all."""
    filled = (case.path_parameters or {}) | known
    address = case.path.format(**{k: quote(str(v), safe="", errors="replace") for k, v in filled.items()})
    query = {k: v for k, v in (case.query or {}).items() if v is not None}
    more: dict[str, Any] = {}
    body = case.body if case.body is not schemathesis.core.NOT_SET else None
    if case.media_type == "multipart/form-data" and isinstance(body, dict):
        file = SimpleUploadedFile("x.csv", str(body.get("file", "")).encode(errors="replace") or b"x")
        more = {"data": {k: str(v) for k, v in body.items()} | {"file": file}}
    elif body is not None:
        more = {"data": json.dumps(body, default=str), "content_type": "application/json"}
    return client.generic_request(case.method, address, query, token, **more)


class AnyClient(Client):
    """Django's client for any method, that hands a server error over instead of raising it."""

    def generic_request(self, method: str, address: str, query: Any, headers: dict[str, str], **more: Any) -> Any:
        text = {k: v if isinstance(v, str | list) else json.dumps(v) for k, v in query.items()}
        return getattr(self, method.lower())(address, query_params=text, headers=headers, **more)


@pytest.mark.parametrize("negative", [False, True], ids=["as described", "not as described"])
@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_no_request_is_a_server_error(world: World, name: str, negative: bool) -> None:
    operation = OPERATIONS[name]
    mode = schemathesis.GenerationMode.NEGATIVE if negative else schemathesis.GenerationMode.POSITIVE
    client = AnyClient(raise_request_exception=False)
    token = {"authorization": f"Bearer {ApiToken.issue(world.people['admin'], 'schema')[1]}"}
    figure = Figure.objects.filter(park=world.park).values_list("pk", flat=True).first()
    known = {k: v for k, v in (KNOWN | {"number": figure}).items() if f"{{{k}}}" in operation.path}

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(mode), filled=st.booleans())
    def ask(case: Any, filled: bool) -> None:
        answer = _send(client, token, case, known if filled else {})
        assert answer.status_code < 500, (name, answer.content[:300])
        if answer.status_code >= 400 and answer["Content-Type"].startswith("application/json"):
            assert set(answer.json()["error"]) >= {"code", "zh", "en"}
        if answer.streaming:
            b"".join(answer.streaming_content)

    ask()
