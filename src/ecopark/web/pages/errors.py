"""What a person sees when something is not there, not allowed, or broken: what happened and what to do."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from ecopark.core.text import Text
from ecopark.errors import EcoparkError

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
    413: (
        Text("文件太大", "That is too big"),
        Text("请拆分或压缩后再传。", "Split or shrink it."),
    ),
    422: (
        Text("园区自有规则不能使用", "The park's own rules cannot be used"),
        Text(
            "请到“项目 › 准入规则”改正或恢复。",
            "Correct them, or go back to an earlier edition, under Projects, Rules.",
        ),
    ),
    503: (
        Text("正在计算", "This is being worked out"),
        Text(
            "园区数据较多，正在后台读取，一般需一两分钟；本页会自动刷新。",
            "The park has many figures; they are being read in the background, which takes a minute or two. The page loads "
            "itself again.",
        ),
    ),
    500: (
        Text("系统出错", "Something broke here"),
        Text("已记录，没有数据丢失。请稍后重试。", "The error was logged and nothing was lost. Try again in a while."),
    ),
}


CODES = {
    400: "bad-request",
    403: "not-allowed",
    404: "not-found",
    413: "too-large",
    422: "unusable",
    500: "broken",
    503: "still-working",
}
"""Of the envelope in which programs hear of it."""
AGAIN_AFTER = 5
"""After so long a page that is being worked out is asked for again. [s]"""
ENDED_TITLE = Text("登录已过期", "Your session has ended")
ENDED = Text(
    "这次没有保存。您填写的内容已保存在本机：请重新登录，回到该页后点“恢复”再提交。",
    "Nothing was stored. What you typed is kept on this machine: sign in, go back to the page, "
    "choose 'restore' and send it again.",
)
RENEWED_TITLE = Text("您已重新登录", "You have signed in anew")
RENEWED = Text(
    "您在别的窗口登录过，这次没有保存。您填写的内容已保存在本机：请返回该页并刷新，点“恢复”再提交。",
    "You have signed in anew in another window; nothing was stored. What you typed is kept on this machine: go back, load the "
    "page again, choose 'restore' and send it again.",
)


def _page(request: HttpRequest, status: int, more: Text | None = None, named: Text | None = None) -> HttpResponse:
    """An error's page; `named` where it is another thing that happened than the status alone says."""
    title, what = TEXTS[status]
    title = named or title
    if request.path.startswith("/api/v"):
        said = {k: f"{title[k]}{'。' if k == 'zh' else '. '}{(more or what)[k]}" for k in ("zh", "en")}
        return JsonResponse({"error": {"code": CODES[status], **said, "problems": []}}, status=status)
    context = {
        "error_title": title,
        "error_text": more or what,
        "code": "" if named else status,
        "ended": named is ENDED_TITLE,
        "back": _back(request),
    }
    return render(request, "errors/error.html", context, status=status)


def _back(request: HttpRequest) -> str:
    """Where to go after signing in: this page, or the one with the form that was sent here."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    came_from = urlsplit(request.headers.get("Referer", ""))
    if came_from.netloc != request.get_host():
        return "/"
    return came_from.path + (f"?{came_from.query}" if came_from.query else "")


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """400."""
    return _page(request, 400)


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """403: they know it exists but may not do it."""
    return _page(request, 403)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """404: it does not exist, or they may not know; a form that was sent after the session had ended is told so."""
    signed_in = getattr(request.user, "is_authenticated", False)
    if request.method == "POST" and not signed_in and not request.path.startswith("/api/"):
        return _page(request, 404, ENDED, ENDED_TITLE)
    return _page(request, 404)


def too_big(request: HttpRequest, text: Text) -> HttpResponse:
    """413: more than any upload may be."""
    return _page(request, 413, text)


def broken(request: HttpRequest) -> HttpResponse:
    """500."""
    return _page(request, 500)


def unusable_rules(request: HttpRequest, error: EcoparkError) -> HttpResponse:
    """422: what the park has filled in does not fit this version of the program."""
    what = TEXTS[422][1]
    return _page(request, 422, Text(f"{what.zh}{error.message('zh')}", f"{what.en} {error.message('en')}"))


def still_working(request: HttpRequest) -> HttpResponse:
    """503: it takes long and goes on in the background; the browser, or the program, comes again."""
    response = _page(request, 503)
    response["Retry-After"] = str(AGAIN_AFTER)
    if request.method in ("GET", "HEAD") and not request.path.startswith("/api/"):
        response["Refresh"] = str(AGAIN_AFTER)
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose session ran out: what was typed is kept by the page's own script."""
    signed_in = getattr(getattr(request, "user", None), "is_authenticated", False)
    return _page(request, 403, *((RENEWED, RENEWED_TITLE) if signed_in else (ENDED, ENDED_TITLE)))
