"""What a person sees when something is not there, not allowed, or broken: what happened and what to do."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from ecopark.core.text import Text

TEXTS = {
    400: (
        Text("请求有误", "That request cannot be used"),
        Text("请返回上一页重试。", "Go back and try again."),
    ),
    403: (
        Text("没有权限", "You may not do this"),
        Text(
            "您的角色不能做这件事。需要时请联系园区办管理员。",
            "Your role does not allow it. Ask the administrator of the park office if you need it.",
        ),
    ),
    404: (
        Text("没有这个页面", "There is no such page"),
        Text("地址有误，或您无权查看。", "The address is wrong, or it is not for you to see."),
    ),
    500: (
        Text("系统出错", "Something broke here"),
        Text("已记录，没有数据丢失。请稍后重试。", "It was written down and nothing was lost. Try again in a while."),
    ),
}


CODES = {400: "bad-request", 403: "not-allowed", 404: "not-found", 500: "broken"}
"""Of the envelope in which programs hear of it."""


def _page(request: HttpRequest, status: int, more: Text | None = None) -> HttpResponse:
    title, what = TEXTS[status]
    if request.path.startswith("/api/v"):
        said = {k: f"{title[k]}{'。' if k == 'zh' else '. '}{(more or what)[k]}" for k in ("zh", "en")}
        return JsonResponse({"error": {"code": CODES[status], **said, "problems": []}}, status=status)
    return render(
        request, "errors/error.html", {"error_title": title, "error_text": more or what, "code": status}, status=status
    )


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """400."""
    return _page(request, 400)


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """403: they know it exists but may not do it."""
    return _page(request, 403)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """404: it does not exist, or they may not know."""
    return _page(request, 404)


def broken(request: HttpRequest) -> HttpResponse:
    """500."""
    return _page(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose session ran out: what was typed is kept by the page's own script."""
    text = Text(
        "会话已过期。请返回上一页，您填写的内容仍在；重新登录后再提交。",
        "The session has ended. Go back: what you typed is still there. Log in again and send it.",
    )
    return _page(request, 403, text)
