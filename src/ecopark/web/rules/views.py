"""The library of standards: every pack clause by clause with its basis and source, and the signatures that verify them."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from ecopark.core.words import counted
from ecopark.packs.load import find_pack, shipped_ids
from ecopark.standards.describe import STATUS_WORD
from ecopark.web.assess.keep import packs_of, year_of
from ecopark.web.assess.views import pack_or_404
from ecopark.web.people.access import enter
from ecopark.web.rules import read, sign
from ecopark.web.rules.models import Verification
from ecopark.web.rules.notes import notes_of
from ecopark.web.templatetags.ui import say, t
from ecopark.web.typed import day_in


def library(request: HttpRequest, slug: str) -> HttpResponse:
    """All packs: what they are, how their limits are known, how many clauses somebody has verified for this park."""
    standing = enter(request, slug, "see_park")
    used = packs_of(standing.park)
    rows = []
    for name in sorted(shipped_ids(), key=lambda n: (n not in used, n)):
        pack = find_pack(name)
        rows.append(
            {
                "pack": pack, "status": STATUS_WORD[pack.status], "used": name in used, "basis": read.basis_counts(pack),
                "verified": len(sign.verified(standing.park, pack)), "clauses": len(pack.clauses),
            }
        )  # fmt: skip
    context = {"rows": rows, "may_compare": standing.may("compare"), "may_titles": standing.may("see_titles")}
    return render(request, "rules/library.html", context)


def pack_page(request: HttpRequest, slug: str, pack: str) -> HttpResponse:
    """One pack clause by clause, how unclear clauses were read, and what is signed; signing several at once."""
    standing = enter(request, slug, "see_park")
    found = pack_or_404(pack)
    known = sign.verified(standing.park, found)
    context = {
        "pack": found, "status": STATUS_WORD[found.status], "groups": read.grouped(found, known), "known": known,
        "notes": notes_of(found), "may_sign": standing.may("verify_clause") and not found.is_frame,
        "today": timezone.localdate(), "typed": request.POST, "ticked": request.POST.getlist("clause"),
        "rules": [*found.verdict, *([found.score] if found.score else [])],
    }  # fmt: skip
    return render(request, "rules/pack.html", context)


def clause_page(request: HttpRequest, slug: str, pack: str, tail: str) -> HttpResponse:
    """One clause whole: formula, limits, basis, source, what it needs, who signed it and who took a signature back."""
    standing = enter(request, slug, "see_park")
    found = pack_or_404(pack)
    clause = next((c for c in found.clauses if c.tail == tail), None)
    if clause is None:
        raise Http404
    known = sign.verified(standing.park, found)
    signatures = Verification.objects.filter(park=standing.park, pack=found.id, clause__in=[tail, "*"])
    year = year_of(standing.park)
    context = {
        "pack": found, "text": read.read_clause(found, clause, known.get(tail, "")), "clause": clause,
        "quantities": read.quantities_of(found, clause),
        "signatures": signatures.select_related("by", "withdrawn_by") if standing.may("see_signatures") else (),
        "may_see_signers": standing.may("see_signatures"),
        "may_sign": standing.may("verify_clause") and not found.is_frame, "today": timezone.localdate(),
        "typed": request.POST,
        "result_url": reverse("assess-clause", args=[slug, found.id, year, tail])
        if year and standing.may("see_values") else "",
        "footnotes": [f for f in found.footnotes if f.id in clause.footnotes],
    }  # fmt: skip
    return render(request, "rules/clause.html", context)


@require_POST
def signing(request: HttpRequest, slug: str, pack: str) -> HttpResponse:
    """Sign clauses as verified against a document; one that is refused comes back as it was typed, where it was typed."""
    standing = enter(request, slug, "verify_clause")
    found = pack_or_404(pack)
    if found.is_frame:
        raise PermissionDenied
    tails = [c.tail for c in found.clauses] if request.POST.get("all") == "1" else request.POST.getlist("clause")
    try:
        made = sign.sign(
            standing.park, found, tails, request.user, document=request.POST.get("document", ""),
            page=request.POST.get("page", ""), dated=day_in(request.POST.get("dated", "")), note=request.POST.get("note", ""),
        )  # fmt: skip
    except sign.SignError as error:
        messages.error(request, say(error.text))
        alone = request.POST.get("alone", "")
        known = any(c.tail == alone for c in found.clauses)
        answer = clause_page(request, slug, found.id, alone) if known else pack_page(request, slug, found.id)
        answer.status_code = 422
        return answer
    messages.success(
        request, t(f"已核 {len(made)} 条，评价将标注“已核”", f"{counted(len(made), 'clause')} signed as verified")
    )
    if len(made) == 1:
        return redirect("rules-clause", slug, found.id, made[0].clause)
    return redirect("rules-pack", slug, found.id)


@require_POST
def withdrawal(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take a signature back, with a reason."""
    standing = enter(request, slug, "verify_clause")
    found = get_object_or_404(Verification, pk=pk, park=standing.park)
    try:
        sign.withdraw(found, request.user, request.POST.get("why", ""))
    except sign.SignError as error:
        messages.error(request, say(error.text))
    else:
        messages.success(request, t("核对已撤回，仍留档。", "The signature was taken back; it stays on file."))
    if found.clause == "*":
        return redirect("rules-pack", slug, found.pack)
    return redirect("rules-clause", slug, found.pack, found.clause)
