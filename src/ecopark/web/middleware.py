"""What every answer carries: a content security policy without inline script. What no request may; errors of other kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, JsonResponse

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def content_security(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Add the policy to every answer; a page behind a login is not kept by anybody in between."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(self), microphone=()")
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    return middleware


def said_errors(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Errors that have a page of their own: own rules that a new version cannot read, and long work that still goes on."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_exception(request: HttpRequest, error: Exception) -> HttpResponse | None:
        from ecopark.web.background import StillWorkingError
        from ecopark.web.pages.errors import still_working, unusable_rules
        from ecopark.web.projects.policies import OwnRulesError

        if isinstance(error, StillWorkingError):
            return still_working(request)
        return unusable_rules(request, error) if isinstance(error, OwnRulesError) else None

    middleware.process_exception = process_exception  # type: ignore[attr-defined]
    return middleware


def no_nul(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Refuse the character NUL in an address or a form: PostgreSQL keeps none. The shapes of the API look for it themselves."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_view(request: HttpRequest, *_: Any) -> None:
        if request.path.startswith("/api/"):
            return
        given = (value for values in (request.GET, request.POST) for _, each in values.lists() for value in each)
        if "\x00" in request.path or any("\x00" in value for value in given):
            raise BadRequest("NUL")

    middleware.process_view = process_view  # type: ignore[attr-defined]
    return middleware


def api_methods(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """An address of the API that is asked by a wrong method says so in the envelope of all its errors."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code != 405 or not request.path.startswith("/api/v"):
            return response
        allowed = response.headers.get("Allow", "")
        error = {
            "code": "wrong-method", "zh": f"该地址不支持 {request.method}；可用：{allowed}",
            "en": f"this address does not take {request.method}; it takes {allowed}", "problems": [],
        }  # fmt: skip
        return JsonResponse({"error": error}, status=405, headers={"Allow": allowed})

    return middleware
