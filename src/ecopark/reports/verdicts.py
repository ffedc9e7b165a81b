"""Verdict, score, counts and basis of an assessment in words, the same in every format."""

from __future__ import annotations

from ecopark.reports.labels import SHORT_BASIS, VERDICT_WORDS, L
from ecopark.reports.words import joined, number
from ecopark.standards.result import STATUS_TEXT, Assessment, ClauseResult

BASIC_KINDS = ("basic", "prerequisite")


def only_basics(a: Assessment) -> bool:
    """Whether the verdict rests on basic requirements alone, the indicators entering a score without a pass mark."""
    if a.pack.score is None or not any(c.clause.benchmark is not None for c in a.clauses):
        return False
    return all(set(rule.get("kinds", ("",))) <= set(BASIC_KINDS) for rule in a.pack.verdict) and bool(a.pack.verdict)


def verdict_words(a: Assessment, lang: str) -> str:
    """The verdict in the interface's words; what holds, where the standard judges basic requirements only."""
    if only_basics(a) and f"basics_{a.verdict}" in L:
        return L[f"basics_{a.verdict}"][lang]
    return VERDICT_WORDS[a.verdict][lang]


def score_name(a: Assessment) -> str:
    """Key of the word for the score: an index is no number of points."""
    return "index" if a.pack.score is not None and a.pack.score.name == "ratio_index" else "score"


def score_value(a: Assessment) -> str:
    """The score or its bounds; empty where there is neither."""
    if a.score is not None:
        return number(a.score)
    if a.score_bounds and None not in a.score_bounds:
        low, high = (number(b) for b in a.score_bounds if b is not None)
        return f"{low} – {high}"
    return ""


def score_words(a: Assessment, lang: str) -> str:
    """The score with its name, or the bounds between which it must lie; empty where there is neither."""
    if not (value := score_value(a)):
        return ""
    return f"{L[score_name(a) + ('' if a.score is not None else '_between')][lang]} {value}"


def rests_on(a: Assessment, lang: str) -> str:
    """What a verdict from basic requirements rests on, and how the benchmarks of its index are known."""
    if not only_basics(a):
        return ""
    known = [c for c in a.clauses if c.clause.benchmark is not None and c.clause.direction != "flag"]
    unseen = sum(c.clause.basis.limit == "recalled" and not c.verified for c in known)
    score = score_words(a, lang)
    if lang == "zh":
        how = "均" if unseen == len(known) else f" {len(known)} 个中有 {unseen} 个"
        doubt = f"（引领值{how}未见原文，凭记忆）" if unseen else ""
        index = f"，{score}{doubt}" if score else doubt
        return f"{verdict_words(a, lang)}{index}；指数没有合格线，本结果不表示通过评审"
    how = "all" if unseen == len(known) else f"{unseen} of {len(known)}"
    doubt = f" (benchmarks: {how} {SHORT_BASIS['recalled'].en})" if unseen else ""
    index = f", {score[0].lower()}{score[1:]}{doubt}" if score else doubt
    return f"{verdict_words(a, lang)}{index}; the index has no pass mark, this is not an approval"


def count_words(a: Assessment, lang: str) -> str:
    """达标 7 条、未达标 2 条 ..."""
    counts = a.counts()
    doubtful = sum(bool(c.doubts) for c in a.clauses)
    if lang == "zh":
        said = "、".join(f"{STATUS_TEXT[s].zh} {n} 条" for s, n in counts.items())
        return said + (f"（其中数据存疑 {doubtful} 条）" if doubtful else "")
    said = ", ".join(f"{n} {STATUS_TEXT[s].en}" for s, n in counts.items())
    return said + (f" ({doubtful} on figures in doubt)" if doubtful else "")


def status_words(c: ClauseResult, lang: str) -> str:
    """The status; 达标（数据存疑） where a quality check questions a figure."""
    said = STATUS_TEXT[c.status][lang]
    if not c.doubts:
        return said
    return f"{said}（{L['doubtful'].zh}）" if lang == "zh" else f"{said} ({L['doubtful'].en})"


def all_verified(a: Assessment) -> bool:
    """Whether a named person has checked every limit that was applied; only then may 'official' be said."""
    limits = a.with_limit()
    return bool(limits) and all(c.verified for c in limits)


def basis_line(a: Assessment, lang: str) -> str:
    """The basis in one short line, where a verdict stands in a table."""
    return f"{L['basis'].zh}：{a.basis('zh')}" if lang == "zh" else f"{L['basis'].en}: {a.basis('en')}"


def basis_words(a: Assessment, lang: str) -> str:
    """How the limits are known: seen, inferred, recalled, and who has checked how many."""
    limits = a.with_limit()
    if not limits:
        return L["frame"][lang] if a.pack.is_frame else ""
    counted = {b: sum(c.clause.basis.overall == b for c in limits) for b in SHORT_BASIS}
    known = joined(
        (f"{SHORT_BASIS[b][lang]} {n}{' 条' if lang == 'zh' else ''}" for b, n in counted.items() if n), lang
    )
    people = list(dict.fromkeys(c.verified for c in limits if c.verified))
    checked = sum(bool(c.verified) for c in limits)
    what = {c.limit.require is not None for c in limits}
    name_zh = "标准值和引领值" if len(what) == 2 else "标准值" if what == {True} else "引领值"
    name_en = "limits and benchmarks" if len(what) == 2 else "limits" if what == {True} else "benchmarks"
    if all_verified(a):
        who = joined(people, lang)
        return (
            f"{name_zh}共 {len(limits)} 条，均已由{who}对照正式文本核对。"
            if lang == "zh"
            else f"All {len(limits)} {name_en} were checked against the official text by {who}."
        )
    if lang == "zh":
        by = f"（{joined(people, lang)}）" if people else ""
        return f"{name_zh}共 {len(limits)} 条：{known}；其中已核 {checked} 条{by}，待核 {len(limits) - checked} 条。"
    by = f" by {joined(people, lang)}" if people else ""
    return f"{len(limits)} {name_en}: {known}; {checked} verified{by}, {len(limits) - checked} to be verified."
