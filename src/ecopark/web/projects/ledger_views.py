"""The quota ledger of a park: balances, entries, what is reserved until when; allocate and correct."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from ecopark.admission.ledger import Account
from ecopark.admission.ledger.checks import plain
from ecopark.admission.ledger.entries import ITEMS, KINDS
from ecopark.admission.ledger.statement import STATES
from ecopark.errors import EcoparkError
from ecopark.web.pages.context import lang
from ecopark.web.projects import gate
from ecopark.web.projects.models import Decision
from ecopark.web.projects.views import standing_in
from ecopark.web.templatetags.ui import t

SOON = timedelta(days=30)


def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Balances of the park's accounts now, and what is held for whom until when."""
    standing = standing_in(request, slug, "see_projects")
    now = timezone.now()
    rows: list[dict[str, Any]] = []
    held: list[dict[str, Any]] = []
    problems: tuple[Any, ...] = ()
    if gate.address_of(standing.park):
        decisions = {d.name: d for d in Decision.objects.filter(park=standing.park).defer("body")}
        with gate.open_ledger() as ledger:
            for account in ledger.accounts(place=gate.place_of(standing.park)):
                balance = ledger.balance(account, at=now)
                rows.append({"account": account, "balance": balance, "parts": _parts(balance)})
                for r in ledger.reservations(account, at=now, state="reserved"):
                    held.append(
                        {
                            "account": account,
                            "r": r,
                            "soon": r.until - now < SOON,
                            "last_day": timezone.localdate(r.until - timedelta(seconds=1)),
                            "decision": decisions.get(r.ref.split("/", 1)[0]),
                        }
                    )
            problems = ledger.audit()
    context = {
        "rows": rows,
        "held": sorted(held, key=lambda h: h["r"].until),
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
    if not gate.address_of(standing.park):
        raise Http404
    now = timezone.now()
    with gate.open_ledger() as ledger:
        found = next(
            (a for a in ledger.accounts(place=gate.place_of(standing.park)) if a.item == item and a.year == year), None
        )
        if found is None:
            raise Http404
        statement = ledger.statement(found, to=now)
        balance = ledger.balance(found, at=now)
        reservations = ledger.reservations(found, at=now)
    entries = [
        {
            "e": e,
            "kind": KINDS[e.kind],
            "after": plain(e.after.free),
            "last_day": timezone.localdate(e.until - timedelta(seconds=1)) if e.until else None,
        }
        for e in reversed(statement.entries)
    ]
    context = {
        "account": found,
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
    item, year, amount = (request.POST.get(k, "").strip() for k in ("item", "year", "amount"))
    why, act = request.POST.get("why", "").strip(), request.POST.get("act", "allocate")
    if not year.isdigit() or act not in ("allocate", "correct"):
        raise Http404
    now, by = timezone.now(), request.user.shown_name
    try:
        with gate.open_ledger() as ledger:
            account = Account(item, int(year), gate.claim_place(standing.park, ledger))
            if act == "allocate":
                known = {a.key for a in ledger.accounts(place=account.place)}
                found = ledger.account(account) if account.key in known else ledger.open(account, by=by, at=now)
                ledger.allocate(found, amount, by=by, at=now, note=why)
            else:
                ledger.correct(ledger.account(account), amount, reason=why, by=by, at=now)
    except EcoparkError as error:
        messages.error(request, error.message(lang()))
    else:
        messages.success(request, t("台账已登记", "The ledger was written"))
    return redirect("ledger", slug)
