"""The quota ledger of a park: balances, what is held until when, every entry; allocate and correct."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, Router

from ecopark.admission.ledger import Balance
from ecopark.admission.ledger.checks import plain
from ecopark.web.api import shapes
from ecopark.web.api import shapes_projects as out
from ecopark.web.api.common import REFUSED, come_in
from ecopark.web.api.projects_api import reserved
from ecopark.web.projects import accounts
from ecopark.web.projects.told import pair

router = Router()
LedgerYear = Annotated[int, Field(ge=1900, le=2200)]


@router.get("/parks/{slug}/ledger", response={200: out.LedgerOut, **REFUSED}, summary="quota ledger / 指标台账")
def ledger(request: HttpRequest, slug: shapes.Name) -> Any:
    """Balances of the park's accounts now, and what is held for whom until when."""
    balances, held, problems = accounts.balances(come_in(request, slug, "see_projects").park, timezone.now())
    return {
        "accounts": [_account(b) for b in balances],
        "held": [
            reserved(h.account, h.reservation, h.last_day)
            | {"project": h.reservation.project, "soon": h.soon, "decision": h.decision.pk if h.decision else None}
            for h in held
        ],
        "problems": [{"zh": p.zh, "en": p.en} for p in problems],
    }  # fmt: skip


@router.post("/parks/{slug}/ledger", response={200: out.AccountWhole, **REFUSED}, summary="book / 登记")
def book(request: HttpRequest, slug: shapes.Name, body: out.BookIn) -> Any:
    """Allocate a quota (the account is opened if there is none), or correct one; entries are never edited."""
    park = come_in(request, slug, "decide_projects").park
    accounts.book(park, user=request.user, **body.dict())
    return _whole(park, body.item, body.year)


@router.get(
    "/parks/{slug}/ledger/{item}/{year}", response={200: out.AccountWhole, **REFUSED}, summary="one account / 账户"
)
def account(request: HttpRequest, slug: shapes.Name, item: shapes.Name, year: LedgerYear) -> Any:
    """Every entry of one account, the newest first, and every reservation."""
    return _whole(come_in(request, slug, "see_projects").park, item, year)


def _whole(park: Any, item: str, year: int) -> dict[str, Any]:
    found = accounts.account(park, item, year, timezone.now())
    if found is None:
        raise Http404
    balance, entries, reservations = found
    return {
        "account": _account(balance), "entries": [e.to_dict() for e in entries],
        "reservations": [reserved(balance.account, r, accounts.last_day(r.until)) for r in reservations],
    }  # fmt: skip


def _account(b: Balance) -> dict[str, Any]:
    amounts = {name: plain(getattr(b, name)) for name in ("limit", "reserved", "confirmed", "free")}
    return amounts | {
        "item": b.account.item,
        "label": pair(b.account.label),
        "year": b.account.year,
        "unit": b.account.unit,
    }
