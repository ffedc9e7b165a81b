"""The API under /api/v1: what a page can do, a token can do.

Who one is comes from the session (then with the CSRF token of the site) or from ``Authorization: Bearer eco_...``. What one
may do is decided in every endpoint by `people.access.enter`, as on the pages. All errors come in one envelope.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.security import HttpBearer, SessionAuth

from ecopark import __version__
from ecopark.core.text import Text
from ecopark.errors import EcoparkError, InputError
from ecopark.web.api import (
    assess_api,
    begin_api,
    briefing_api,
    care_api,
    cases_api,
    comments_api,
    completeness_api,
    due_api,
    figures_api,
    files_api,
    firms_api,
    grades_api,
    land_api,
    ledger_api,
    many_api,
    mappings_api,
    office_api,
    own_api,
    places_api,
    projects_api,
    registry_api,
    rules_api,
    tasks_api,
    what_if_api,
)  # fmt: skip
from ecopark.web.api.common import problem_row
from ecopark.web.api.describe import operations
from ecopark.web.api.throttle import TokenThrottle
from ecopark.web.background import StillWorkingError
from ecopark.web.firms.registry import ConflictError as FirmConflictError
from ecopark.web.pages.errors import still_working
from ecopark.web.people.models import ApiToken, User
from ecopark.web.projects.steps import ConflictError as ProjectConflictError


class TokenAuth(HttpBearer):
    """``Authorization: Bearer eco_...``: a token made on the account page."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        """The user whose token this is; they are the user of the request from here on."""
        user = ApiToken.user_of(token)
        if user is not None:
            request.user = user
        return user


api = NinjaAPI(
    title="ecopark", version=__version__, docs_url=None, openapi_url=None, auth=[TokenAuth(), SessionAuth(csrf=True)],
    urls_namespace="api-v1", throttle=[TokenThrottle()],
    description="The data room of an eco-industrial park. 园区数据接口：页面能做的，令牌也能做。",
)  # fmt: skip
for path, part, tag in (
    ("", begin_api.router, "parks"),  # that of parks_api, with the beginning of a park
    ("", figures_api.router, "figures"),
    ("", completeness_api.router, "figures"),
    ("", files_api.router, "files"),
    ("", mappings_api.router, "files"),
    ("", due_api.router, "files"),
    ("", assess_api.router, "assessments"),
    ("", what_if_api.router, "assessments"),
    ("", briefing_api.router, "assessments"),
    ("", comments_api.router, "comments"),
    ("", rules_api.router, "rules"),
    ("", tasks_api.router, "tasks"),
    ("", cases_api.router, "cases"),
    ("", own_api.router, "own rules"),
    ("", projects_api.router, "projects"),
    ("", ledger_api.router, "ledger"),
    ("", firms_api.router, "firms"),
    ("", registry_api.router, "firms"),
    ("", care_api.router, "firms"),
    ("", grades_api.router, "grades"),
    ("", land_api.router, "land"),
    ("", places_api.router, "land"),
    ("", office_api.router, "office"),
    ("", many_api.router, "many"),
):
    api.add_router(path, part, tags=[tag])

TEXTS = {
    400: ("bad-request", Text("请求有误", "the request cannot be read")),
    401: ("not-signed-in", Text("请登录，或带上有效令牌", "sign in, or send a valid token")),
    403: ("not-allowed", Text("您的角色不能做这件事", "your role does not allow it")),
    404: ("not-found", Text("没有，或您无权知道", "there is none, or it is not for you to know")),
    429: ("too-many", Text("请求过于频繁，请稍后再试", "too many requests: wait as long as Retry-After says")),
}


def fault(
    status: int, code: str = "", text: Text | None = None, problems: Iterable[dict[str, str]] = (), **more: Any
) -> HttpResponse:
    """An error in the envelope."""
    known, words = TEXTS.get(status, ("failed", Text("未能完成", "it could not be done")))
    said = text or words
    body = {"error": {"code": code or known, "zh": said["zh"], "en": said["en"], "problems": list(problems)}}
    return JsonResponse(body | more, status=status)


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Exception) -> HttpResponse:
    return fault(404)


@api.exception_handler(PermissionDenied)
def _not_allowed(request: HttpRequest, error: Exception) -> HttpResponse:
    return fault(403)


@api.exception_handler(AuthenticationError)
def _not_signed_in(request: HttpRequest, error: Exception) -> HttpResponse:
    response = fault(401)
    response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    return fault(error.status_code, text=Text("", str(error)) if error.status_code not in TEXTS else None)


@api.exception_handler(SuspiciousOperation)
def _suspicious(request: HttpRequest, error: Exception) -> HttpResponse:
    return fault(400)


@api.exception_handler(ValidationError)
def _not_valid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    problems = [
        {"code": str(e.get("type", "")), "place": ".".join(str(p) for p in e.get("loc", ())), "zh": str(e.get("msg", "")),
         "en": str(e.get("msg", ""))}
        for e in error.errors
    ]  # fmt: skip
    text = Text("请求的内容不符合格式", "the request is not of the form it should be")
    return fault(422, "not-valid", text, problems)


@api.exception_handler(InputError)
def _unusable(request: HttpRequest, error: InputError) -> HttpResponse:
    problems = [problem_row(p) for p in error.problems if p.severity == "error"]
    return fault(
        422, "unusable", Text("有数据不能用，未保存任何一项", "something cannot be used; nothing was stored"), problems
    )


@api.exception_handler(FirmConflictError)
@api.exception_handler(ProjectConflictError)
def _too_late(request: HttpRequest, error: EcoparkError) -> HttpResponse:
    return fault(409, "conflict", Text(error.message("zh"), error.message("en")))


@api.exception_handler(StillWorkingError)
def _wait(request: HttpRequest, error: Exception) -> HttpResponse:
    return still_working(request)


@api.exception_handler(EcoparkError)
def _refused(request: HttpRequest, error: EcoparkError) -> HttpResponse:
    text = getattr(error, "text", None) or Text(error.message("zh"), error.message("en"))
    return fault(422, "refused", text)


@cache
def described() -> OpenAPISchema:
    """What the API takes and gives: the same as long as the program runs, and more than a second's work."""
    return api.get_openapi_schema()


def openapi(request: HttpRequest) -> JsonResponse:
    """The description of the API for programs."""
    return JsonResponse(described(), json_dumps_params={"ensure_ascii": False})


def docs(request: HttpRequest) -> HttpResponse:
    """The description of the API for people: every endpoint with what goes in and what comes out."""
    return render(
        request, "api/docs.html", {"groups": operations(described()), "base": request.build_absolute_uri("/api/v1")}
    )
