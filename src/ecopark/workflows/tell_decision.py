"""A decision of the gate as text for a terminal, and the words and lines that its documents share."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from ecopark.admission.bookings import decision_id
from ecopark.admission.decision import CounterOffer, Decision, Finding, PlaceAnswer
from ecopark.admission.ledger import ITEMS
from ecopark.admission.ledger import Entry as LedgerEntry
from ecopark.admission.ledger.questions import CHINA
from ecopark.admission.project import Opinion
from ecopark.admission.together import Choice
from ecopark.admission.wording import BASIS_TEXT, STATUS_TEXT, VERDICTS, amount
from ecopark.core.rounding import decimal_text, exact
from ecopark.core.text import Text
from ecopark.core.words import OPERATORS, unit_words
from ecopark.observations.quantity import catalogue
from ecopark.workflows.admit_project import Kept

W = {
    "title": Text("项目准入联合会审纪要", "Minutes of the joint review of a project"),
    "id": Text("编号", "No."),
    "project": Text("项目名称", "Project"),
    "industry": Text("行业", "Industry"),
    "kind": Text("项目性质", "Kind of project"),
    "site": Text("意向用地", "Place it wants"),
    "start": Text("投产年份", "First year of production"),
    "words": Text("工艺与产品", "Processes and products"),
    "policy": Text("准入政策", "Policy"),
    "issuer": Text("审查机构", "Reviewing body"),
    "facts": Text("项目概况", "The project"),
    "fact": Text("填报项", "Figure"),
    "period": Text("年度", "Year"),
    "full": Text("满产", "full production"),
    "registered": Text("登记", "Register"),
    "attachment": Text("附件：数据溯源", "Annex: how each value was worked out"),
    "held": Text("数值与要求", "Value and limit"),
    "finding": Text("认定", "Finding"),
    "until": Text("预留至", "Reserved until"),
    "ref": Text("预留编号", "Reservation"),
    "votes": Text("表决", "Votes"),
    "sign": Text("签字：　　　　　　　日期：", "Signature:                    Date:"),
    "recorder": Text("记录", "Minutes taken by"),
    "chair": Text("会审主持", "Chair of the review"),
    "marks": Text(
        "依据标记：“见于来源”指标准值在所列来源中读到，“推断”指由来源推出，“凭记忆”指未见原文。",
        "Basis marks: 'seen in a source' was read in the source named, 'inferred' follows from it, 'recalled' was not seen.",
    ),
    "verdict": Text("判定", "Verdict"),
    "reasons": Text("理由", "Reasons"),
    "conditions": Text("条件", "Conditions"),
    "offer": Text("最小调整（全部同时满足即可准入）", "Smallest change that would make it a yes (all of it together)"),
    "proven": Text("已证明没有更小的调整", "proven: no smaller change does"),
    "not_proven": Text("未证明最优", "not proven smallest"),
    "proven_best": Text("已证明最优", "proven best"),
    "less_worth": Text("价值低于入选项目", "worth less than those taken"),
    "gap": Text("差距不超过", "the gap is at most"),
    "no_offer": Text("仅调整项目数值不能通过", "no change of the project's numbers alone turns it round"),
    "findings": Text("逐条判定", "Every rule"),
    "missing": Text("缺项", "What is missing"),
    "bookings": Text("需占用的总量指标", "What it needs from the quotas"),
    "places": Text("可选地块与组团", "Where it would fit"),
    "notes": Text("说明", "Notes"),
    "rule": Text("规则", "Rule"),
    "status": Text("结果", "Status"),
    "value": Text("数值", "Value"),
    "limit": Text("要求", "Required"),
    "why": Text("说明", "Why"),
    "written": Text("依据出处", "Where it is written"),
    "basis": Text("依据", "Basis"),
    "source": Text("来源", "Source"),
    "now": Text("现值", "Now"),
    "needed": Text("调整为", "Needed"),
    "change": Text("变化", "Change"),
    "quota": Text("指标", "Quota"),
    "year": Text("年度", "Year"),
    "amount": Text("需要量", "Amount"),
    "ratio": Text("替代比例", "Replacement"),
    "required": Text("占用量", "Takes"),
    "place": Text("地块或组团", "Parcel or group"),
    "traces": Text("数据溯源", "How each value was worked out"),
    "opinions": Text("会审意见与签字", "Opinions and signatures"),
    "office": Text("部门", "Office"),
    "opinion": Text("意见", "Opinion"),
    "by_account": Text("本部门账户签署", "signed by an account of the office"),
    "from_paper": Text("据纸质件代录", "recorded from paper by"),
    "signed": Text("签字与日期", "Signature and date"),
    "unverified": Text("政策条款均未经人工核对原文。", "No rule has been checked against the text of the policy."),
    "draft": Text("政策状态：草案", "Status of the policy: draft"),
    "frame": Text("政策状态：框架，待园区填写", "Status of the policy: a frame that the zone fills in"),
    "hash": Text("政策版本", "Edition of the policy"),
    "on": Text("判定日期", "Day of the decision"),
}
OPINIONS = {
    "agree": Text("同意", "agrees"),
    "conditions": Text("附条件同意", "agrees under conditions"),
    "oppose": Text("不同意", "opposes"),
    "abstain": Text("弃权", "abstains"),
}
TONES = {"admit": "good", "conditional": "partly", "refuse": "bad", "undetermined": "open"}
STATUS_TONES = {"met": "good", "condition": "partly", "not_met": "bad", "undetermined": "open"}
MOST_PLACES = 8


KIND_TEXT = {
    "new": Text("新建", "new"),
    "expansion": Text("扩建", "expansion"),
    "retrofit": Text("技改", "retrofit"),
}


def decision_text(d: Decision, lang: str, kept: Kept | None = None) -> str:
    """The decision for a terminal: verdict, reasons, counter-offer, then every rule in a line.

    Parameters
    ----------
    kept
        What was booked and registered, if anything was.
    """
    colon = "：" if lang == "zh" else ": "
    lines = [f"{d.project.name}   {d.policy.title[lang]}   {d.on.isoformat()}"]
    lines.append(f"{W['verdict'][lang]}{colon}{VERDICTS[d.verdict][lang]}")
    if d.policy.warning:
        lines.append(d.policy.warning[lang])
    if d.reasons:
        head = W["conditions" if d.verdict == "conditional" else "reasons"][lang]
        lines += ["", head]
        for number, f in enumerate(d.reasons, start=1):
            lines.append(f"  {number}. {f.reason[lang]}")
            lines.append(f"     {W['basis'][lang]}{colon}{where(f, lang)}")
    if d.counter_offer is not None:
        lines += ["", W["offer"][lang], *(f"  {line}" for line in offer_lines(d.counter_offer, lang))]
    elif d.verdict == "refuse":
        lines += ["", W["no_offer"][lang]]
    if d.missing:
        lines += ["", W["missing"][lang], *(f"  {item}" for item in d.missing)]
    if d.bookings:
        lines += ["", W["bookings"][lang], *(f"  {line}" for line in _booking_lines(d, lang))]
    if d.places:
        lines += ["", W["places"][lang], *(f"  {_place_line(p, lang)}" for p in d.places[:MOST_PLACES])]
        if more_places(d, lang):
            lines.append(f"  {more_places(d, lang)}")
    lines += ["", W["findings"][lang]]
    for f in d.findings:
        value = value_text(f, lang)
        parts = [f.rule.tail, f.rule.label[lang], STATUS_TEXT[f.status][lang], value, limit_text(f, lang)]
        lines.append("  " + "  ".join(p for p in parts if p))
        if f not in d.reasons and f.status not in ("met", "to_fill"):
            lines.append(f"      {f.reason[lang]}")
    lines += ["", *(n[lang] for n in (*d.notes, W[d.policy.status]))]
    if kept is not None and kept.booked:
        lines += ["", f"{W['id'][lang]} {decision_id(d)}"]
        lines += [f"  {W['ref'][lang]} {e.ref}  {W['until'][lang]} {until_text(e)}" for e in kept.booked]
    return "\n".join(line.rstrip() for line in lines)


def value_text(f: Finding, lang: str) -> str:
    """The number that was held against a limit; empty where it was none."""
    return amount(f.value, f.unit, lang) if isinstance(f.value, Fraction) and not isinstance(f.value, bool) else ""


def more_places(d: Decision, lang: str) -> str:
    """How many places are not listed; empty where all are."""
    more = len(d.places) - MOST_PLACES
    return "" if more <= 0 else f"另有 {more} 处" if lang == "zh" else f"and {more} more"


def limit_text(f: Finding, lang: str) -> str:
    """A limit with its unit: ``≤ 0.35 tce/10k CNY``."""
    op, _, number = f.limit.partition(" ")
    try:
        return f"{OPERATORS[op]} {amount(exact(number), f.unit, lang)}"
    except (KeyError, ValueError):
        return f.limit


def quota_name(quota: str, lang: str) -> str:
    """What a quota is of."""
    return ITEMS[quota][0][lang] if quota in ITEMS else quota.removeprefix("local.")


def until_text(entry: LedgerEntry) -> str:
    """The last day of a reservation, in China."""
    if entry.until is None:
        return ""
    end = entry.until.astimezone(CHINA)
    return f"{end - timedelta(microseconds=1):%Y-%m-%d}"


def choice_text(choice: Choice, lang: str) -> str:
    """Which projects to take together, and what holds the others back, for a terminal."""
    zh = lang == "zh"
    label, unit = catalogue()[choice.value].label[lang], unit_words(catalogue()[choice.value].unit, lang)
    names = [d.project.name for d in choice.decisions]
    lines = ["准入组合：" if zh else "take together:"]
    lines += [f"  {names[i]}" for i in choice.taken] or ["  " + ("无" if zh else "none")]
    total = f"{decimal_text(choice.total)} {unit}".strip()
    shown = W["proven_best"][lang] if choice.gap == 0 else f"{W['gap'][lang]} {choice.gap:.2%}"
    lines.append(f"{label}{'：' if zh else ': '}{total}（{shown}）" if zh else f"{label}: {total} ({shown})")
    if choice.left:
        lines += ["", "余量不足：" if zh else "no room is left for:"]
        for i in choice.left:
            why = ", ".join("/".join(key) for key in choice.held_back[i]) or W["less_worth"][lang]
            lines.append(f"  {names[i]}  {why}")
    if choice.refused:
        lines += ["", "本身不能准入：" if zh else "cannot be admitted by themselves:"]
        for i in choice.refused:
            d = choice.decisions[i]
            why = ("；" if zh else "; ").join(f.rule.label[lang] for f in d.reasons)
            lines.append(f"  {names[i]}  {VERDICTS[d.verdict][lang]}  {why}")
    shared = [(k, used) for k, used in sorted(choice.used.items()) if k in choice.room]
    if shared:
        lines += ["", "占用：" if zh else "what they take:"]
        lines += [f"  {'/'.join(k)}  {decimal_text(used)} / {decimal_text(choice.room[k])}" for k, used in shared]
    return "\n".join(lines)


def where(f: Finding, lang: str) -> str:
    """Where a rule is written and how that is known."""
    parts = [f.rule.clause or f.rule.id, BASIS_TEXT[f.rule.basis][lang]]
    if f.rule.source and f.rule.source not in f.rule.clause:
        parts.insert(1, f.rule.source)
    return ("，" if lang == "zh" else "; ").join(parts)


def percent(relative: object) -> str:
    """A relative change as a percentage."""
    return f"{float(relative) * 100:+.1f}%" if isinstance(relative, Fraction) else ""


def offer_lines(offer: CounterOffer, lang: str) -> list[str]:
    """A counter-offer, a change a line."""
    lines = []
    for c in offer.changes:
        now, needed = amount(c.now, c.unit, lang), amount(c.needed, c.unit, lang)
        lines.append(f"{c.label[lang]} {now} → {needed}  ({percent(c.relative)})")
    return [*lines, proof(offer, lang)]


def proof(offer: CounterOffer, lang: str) -> str:
    """What the gate says afterwards, and whether no smaller change does."""
    verdict = VERDICTS[offer.verdict][lang]
    after = f"调整后：{verdict}" if lang == "zh" else f"then: {verdict}"
    if offer.place:
        after += f"（落在 {offer.place}）" if lang == "zh" else f" (on {offer.place})"
    if offer.proven:
        return f"{after}；{W['proven'].zh}" if lang == "zh" else f"{after}; {W['proven'].en}"
    text = W["not_proven"][lang]
    if offer.gap is not None:
        text += (
            f"（{W['gap'].zh} {decimal_text(offer.gap, 3)}）"
            if lang == "zh"
            else f" ({W['gap'].en} {decimal_text(offer.gap, 3)})"
        )
    return f"{after}；{text}" if lang == "zh" else f"{after}; {text}"


def _booking_lines(d: Decision, lang: str) -> list[str]:
    return [
        f"{quota_name(b.quota, lang)} {b.year}: {decimal_text(b.amount)} × {decimal_text(b.ratio)} = "
        f"{decimal_text(b.required)} {unit_words(b.unit, lang)}"
        for b in d.bookings
    ]


def _place_line(p: PlaceAnswer, lang: str) -> str:
    rank = f"{p.rank}." if p.rank else "-"
    why = ("；" if lang == "zh" else "; ").join(t[lang] for _, t in p.reasons[:3])
    name = p.id if p.name[lang] == p.id else f"{p.id} {p.name[lang]}"
    return f"{rank} {name}  {VERDICTS[p.verdict][lang]}  {why}"


def signed_how(o: Opinion, lang: str) -> str:
    """How an opinion came in: signed by an account of the office, or recorded from a paper, by whom and from which."""
    if o.how == "account":
        return W["by_account"][lang]
    if o.how != "paper":
        return ""
    colon, open_, close = ("：", "（", "）") if lang == "zh" else (" ", " (", ")")
    return f"{W['from_paper'][lang]}{colon}{o.recorder}" + (f"{open_}{o.reference}{close}" if o.reference else "")
