"""Verdict and score rules over whole tables of results: the columnar counterparts of `standards.verdict` and `.score`.

A rule that has no counterpart here gives null: the batch then says nothing rather than something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import polars as pl

from ecopark.core.rounding import exact
from ecopark.packs.model import Pack, Rule
from ecopark.standards.compile import run_parameters

KEYS = ["subject", "year"]
BAD, OPEN = ("not_met", "partly_met"), ("undetermined", "reported")
LEFT_OUT = ("not_applicable", "not_due")


def verdicts_of(
    rows: pl.DataFrame, packs: Mapping[str, Pack], since: int | None, options: Mapping[str, Mapping[str, Any]]
) -> pl.DataFrame:
    """One row per subject, period and pack: verdict, counts and score."""
    made = []
    for pack in packs.values():
        mine = rows.filter(pl.col("pack") == pack.id)
        about = pl.DataFrame(
            {
                "clause": [c.id for c in pack.clauses],
                "kind": [c.kind for c in pack.clauses],
                "group": [c.group for c in pack.clauses],
                "option_set": [c.option_set for c in pack.clauses],
            }
        )
        mine = mine.join(about, on="clause", how="left", maintain_order="left")
        status = pl.col("status").cast(pl.String)
        mine = mine.with_columns(status.alias("status"))
        table = mine.group_by(KEYS, maintain_order=True).agg(
            (pl.col("status") == "met").sum().alias("met"),
            (~pl.col("status").is_in(LEFT_OUT)).sum().alias("asked"),
            (pl.col("status") == "undetermined").sum().alias("undetermined"),
        )
        table = _verdict(table, mine, pack).with_columns(pl.lit(pack.id).alias("pack"))
        parameters = run_parameters(pack, options.get(pack.id, {}), None)
        made.append(_scored(table, mine, pack, parameters, options.get(pack.id, {})))
    if not made:
        return pl.DataFrame()
    return pl.concat(made).select(
        "subject", pl.col("year").cast(pl.String).alias("period"), "pack", "verdict", "met", "asked", "undetermined",
        "score", "score_low", "score_high",
    )  # fmt: skip


def _verdict(table: pl.DataFrame, rows: pl.DataFrame, pack: Pack) -> pl.DataFrame:
    if not pack.verdict:
        return table.with_columns(pl.lit("none").alias("verdict"))
    failed, open_ = pl.lit(False), pl.lit(False)
    for i, rule in enumerate(pack.verdict):
        if rule.name == "all_met":
            asked = rows.filter(pl.col("kind").is_in(list(rule.get("kinds", ()))) & ~pl.col("status").is_in(LEFT_OUT))
            found = asked.group_by(KEYS).agg(
                pl.col("status").is_in(BAD).any().alias(f"bad{i}"), pl.col("status").is_in(OPEN).any().alias(f"open{i}")
            )
        elif rule.name == "option_sets":
            found = _option_sets(rows, pack, i)
        else:
            return table.with_columns(pl.lit(None, pl.String).alias("verdict"))
        table = table.join(found, on=KEYS, how="left", maintain_order="left")
        failed = failed | pl.col(f"bad{i}").fill_null(False)
        open_ = open_ | pl.col(f"open{i}").fill_null(False)
    verdict = pl.when(failed).then(pl.lit("fail")).when(open_).then(pl.lit("undetermined")).otherwise(pl.lit("pass"))
    return table.with_columns(verdict.alias("verdict")).drop(pl.selectors.matches(r"^(bad|open)\d+$"))


def _option_sets(rows: pl.DataFrame, pack: Pack, i: int) -> pl.DataFrame:
    needs = pl.DataFrame(
        [(o.id, c, o.need) for o in pack.option_sets for c in o.clauses],
        schema={"set": pl.String, "clause": pl.String, "need": pl.Int64}, orient="row",
    )  # fmt: skip
    joined = rows.join(needs, on="clause", how="inner")
    counted = joined.group_by(*KEYS, "set").agg(
        ((pl.col("status") == "met") & pl.col("counts") & ~pl.col("choice_open")).sum().alias("sure"),
        ((pl.col("status").is_in(OPEN) | pl.col("choice_open")) & pl.col("counts")).sum().alias("maybe"),
        pl.col("need").first().cast(pl.UInt32),
    )
    return counted.group_by(KEYS).agg(
        (pl.col("sure") + pl.col("maybe") < pl.col("need")).any().alias(f"bad{i}"),
        ((pl.col("sure") < pl.col("need")) & (pl.col("sure") + pl.col("maybe") >= pl.col("need")))
        .any()
        .alias(f"open{i}"),
    )


def _scored(
    table: pl.DataFrame, rows: pl.DataFrame, pack: Pack, parameters: Mapping[str, Any], options: Mapping[str, Any]
) -> pl.DataFrame:
    rule = pack.score
    found: pl.DataFrame | None = None
    if rule is not None and rule.name == "ratio_index":
        found = _ratio_index(rows, pack, rule, parameters, options)
    elif rule is not None and rule.name == "points":
        found = _points(rows, rule, parameters)
    if found is not None:
        table = table.join(found, on=KEYS, how="left", maintain_order="left")
    lacking = [c for c in ("score", "score_low", "score_high") if c not in table.columns]
    return table.with_columns(pl.lit(None, pl.Float64).alias(c) for c in lacking).select(
        *KEYS, "pack", "verdict", "met", "asked", "undetermined", "score", "score_low", "score_high"
    )


def _ratio_index(
    rows: pl.DataFrame, pack: Pack, rule: Rule, parameters: Mapping[str, Any], options: Mapping[str, Any]
) -> pl.DataFrame:
    cap = parameters.get(str(rule.get("cap_parameter", "cap")))
    nonpositive = parameters.get(str(rule.get("nonpositive_inverse_parameter", "nonpositive_ratio")))
    floor = float(nonpositive) if isinstance(nonpositive, Fraction) else 1.0
    scale = float(exact(str(rule.get("scale", "100"))) / exact(str(rule.get("divisor", "1"))))
    marks = pl.DataFrame(
        [(c.id, float(c.benchmark), c.direction == "lower") for c in pack.clauses if c.benchmark],
        schema={"clause": pl.String, "benchmark": pl.Float64, "lower": pl.Boolean}, orient="row",
    )  # fmt: skip
    value = pl.col("value")
    inverse = pl.when(value > 0).then(pl.col("benchmark") / value).otherwise(floor)
    ratio: pl.Expr = pl.when(value.is_not_null()).then(
        pl.when("lower").then(inverse).otherwise(value / pl.col("benchmark"))
    )
    if isinstance(cap, Fraction):
        ratio = pl.when(ratio > float(cap)).then(float(cap)).otherwise(ratio)
    terms = rows.join(marks, on="clause", how="inner").with_columns(ratio.alias("ratio"))
    must = terms.filter(pl.col("option_set") == "").group_by(KEYS).agg(
        pl.col("ratio").sum().alias("sum"), pl.col("ratio").is_null().any().alias("open")
    )  # fmt: skip
    for option in pack.option_sets:
        members = terms.filter(pl.col("clause").is_in(list(option.clauses)))
        named = options.get(option.id)
        if named:
            names = named.split(",") if isinstance(named, str) else named
            wanted = [f"{pack.id}/{str(n).strip().split('/')[-1].lstrip('0')}" for n in names]
            members = members.filter(pl.col("clause").is_in(wanted))
        known = pl.col("ratio").drop_nulls()
        best = members.group_by(KEYS).agg(
            known.top_k(option.need).sum().alias("best") if not named else known.sum().alias("best"),
            (known.len() < option.need).alias("few") if not named else pl.col("ratio").is_null().any().alias("few"),
        )
        must = must.join(best, on=KEYS, how="left").with_columns(
            (pl.col("sum") + pl.col("best").fill_null(0.0)).alias("sum"),
            (pl.col("open") | pl.col("few").fill_null(True)).alias("open"),
        ).drop("best", "few")  # fmt: skip
    return must.select(*KEYS, pl.when(~pl.col("open")).then(pl.col("sum") * scale).alias("score"))


def _points(rows: pl.DataFrame, rule: Rule, parameters: Mapping[str, Any]) -> pl.DataFrame:
    worth = {s: float(exact(str(rule.get(s, d)))) for s, d in (("met", "1"), ("partly_met", "0.5"), ("not_met", "0"))}
    kinds = list(rule.get("kinds", ()))
    asked = rows.filter(~pl.col("status").is_in(LEFT_OUT))
    if kinds:
        asked = asked.filter(pl.col("kind").is_in(kinds))
    best, worst = max(worth.values()), min(worth.values())
    known = pl.col("status").replace_strict(list(worth), list(worth.values()), default=None, return_dtype=pl.Float64)
    how = str(parameters.get("overall") or rule.get("overall", "items"))
    rated = asked.with_columns(known.alias("score"))
    rated = rated.with_columns(
        pl.col("score").fill_null(worst).alias("score_low"), pl.col("score").fill_null(best).alias("score_high")
    )
    rated = rated.with_columns(pl.col("score").fill_null(float("nan")))
    columns = ["score", "score_low", "score_high"]
    if how != "items":
        rated = rated.group_by(*KEYS, "group").agg(pl.col(columns).mean())
    found = rated.group_by(KEYS).agg(pl.col(columns).mean() / best * 100)
    return found.with_columns(pl.col("score").fill_nan(None))
