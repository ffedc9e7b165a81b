"""The quota ledger of a park: balances, entries, what is reserved until when; allocate and correct."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from ecopark.admission.ledger.checks import plain
from ecopark.admission.ledger.entries import ITEMS, KINDS
from ecopark.admission.ledger.statement import STATES
from ecopark.errors import EcoparkError
from ecopark.web.pages.context import lang
from ecopark.web.projects import accounts
from ecopark.web.projects.views import standing_in
from ecopark.web.templatetags.ui import t
from ecopark.web.typed import number_in


def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Balances of the park's accounts now, and what is held for whom until when."""
    standing = standing_in(request, slug, "see_projects")
    now = timezone.now()
    balances, held, problems = accounts.balances(standing.park, now)
    rows = [{"account": b.account, "balance": b, "parts": _parts(b)} for b in balances]
    context = {
        "rows": rows,
        "held": [
            {"account": h.account, "r": h.reservation, "soon": h.soon, "last_day": h.last_day, "decision": h.decision}
            for h in held
        ],
        "problems": problems,
        "may_write": standing.may("decide_projects"),
        "items": [(k, label, unit) for k, (label, unit) in ITEMS.items()],
        "year": timezone.localdate().year,
    }
    return render(request, "projects/ledger.html", context)


def _parts(balance: Any) -> list[dict[str, Any]]:
    """Shares of the limit for the bar."""
    limit = balance.limit
    amounts = (("confirmed", balance.confirmed), ("reserved", balance.reserved))
    return [{"name": n, "percent": int(a * 100 / limit) if limit else 0} for n, a in amounts]


def account(request: HttpRequest, slug: str, item: str, year: int) -> HttpResponse:
    """Every entry of one account, newest first."""
    standing = standing_in(request, slug, "see_projects")
    found = accounts.account(standing.park, item, year, timezone.now())
    if found is None:
        raise Http404
    balance, rows, reservations = found
    entries = [
        {
            "e": e,
            "kind": KINDS[e.kind],
            "after": plain(e.after.free),
            "last_day": accounts.last_day(e.until) if e.until else None,
        }
        for e in rows
    ]
    context = {
        "account": balance.account,
        "entries": entries,
        "balance": balance,
        "may_write": standing.may("decide_projects"),
        "reservations": [{"r": r, "state": STATES[r.state]} for r in reservations],
    }
    return render(request, "projects/account.html", context)


@require_POST
def book(request: HttpRequest, slug: str) -> HttpResponse:
    """Allocate a quota, or correct one, with its reason."""
    standing = standing_in(request, slug, "decide_projects")
    item, amount = (request.POST.get(k, "").strip() for k in ("item", "amount"))
    year = number_in(request.POST.get("year", "").strip())
    why, act = request.POST.get("why", "").strip(), request.POST.get("act", "allocate")
    if year is None or act not in accounts.ACTS:
        raise Http404
    try:
        accounts.book(standing.park, act, item, year, amount, why, request.user)
    except EcoparkError as error:
        messages.error(request, error.message(lang()))
    else:
        messages.success(request, t("台账已登记", "The ledger was written"))
    return redirect("ledger", slug)
