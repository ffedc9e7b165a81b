"""The peer of `gate_10k.py`: the invented park's rules as one would write them with geopandas, pandas and numpy.

Every rule is columns; texts are made by one comprehension a rule; what hangs on few things (lists, procedures, opinions) is
made once and mapped; what is missing is a table of the combinations of empty columns. Limits are compared in float64.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from gate_10k import BOX

from ecopark.admission.industry import named
from ecopark.admission.load import find_policy
from ecopark.admission.review_rules import procedure_rows

MU = 2000 / 3
ASKED = {
    "energy_intensity": ("energy_total_tce", "industrial_value_added"),
    "tax_per_mu": ("tax_paid_10k_cny", "land_area_mu"),
    "investment_per_mu": ("fixed_investment", "land_area_mu"),
    "far": ("floor_area_m2", "land_area_mu"),
    "water": ("industrial_fresh_water_m3", "industrial_value_added"),
    "research": ("rd_expenditure", "industrial_gross_output"),
    "industry_list": ("words",),
    "refusal_list": ("words",),
    "cod_capacity": ("emission_cod_t",),
    "nox_capacity": ("emission_nox_t",),
    "parcel": ("parcel",),
    "energy_quota": ("energy_total_tce",),
    "cod_quota": ("emission_cod_t",),
    "nox_quota": ("emission_nox_t",),
    "scorecard": (
        "co2_emissions_t", "industrial_value_added", "tax_paid_10k_cny", "land_area_mu", "industrial_gross_output",
    ),
}  # fmt: skip
"""Columns that a rule cannot do without, in the order in which they are told."""
TOLD = {
    "words": "words",
    "parcel": "parcel",
    "co2_emissions_t": "fuel_consumption@2026;electricity_consumption_kwh@2026",
}
"""What is told of a missing column, where that is not its name and year."""
UNITS = {
    "energy_intensity": "tce/10k CNY", "tax_per_mu": "10k CNY/mu", "investment_per_mu": "10k CNY/mu", "far": "1",
    "water": "m3/10k CNY", "research": "%", "setback": "m", "setback_water": "m", "cod_capacity": "t",
    "nox_capacity": "t", "energy_quota": "tce", "cod_quota": "t", "nox_quota": "t",
}  # fmt: skip
BOOKED = {"energy": ("energy_total_tce", 1.0), "cod": ("emission_cod_t", 2.0), "nox": ("emission_nox_t", 1.0)}


def screen(folder: Path, target: Path, quotas: dict[str, float]) -> None:
    """Findings of every project and rule into a Parquet file."""
    policy = find_policy("invented-park")
    d = pd.read_parquet(folder / "projects.parquet")
    places = locate(folder, d)
    code = d["industry_code"].fillna("").to_numpy(dtype=object)
    two, three = np.array([c[:2] for c in code], dtype=object), np.array([c[:3] for c in code], dtype=object)
    found: dict[str, tuple] = {}
    ratios = {
        "energy": d["energy_total_tce"] / d["industrial_value_added"],
        "tax": d["tax_paid_10k_cny"] / d["land_area_mu"],
        "investment": d["fixed_investment"] / d["land_area_mu"],
        "far": d["floor_area_m2"] / (d["land_area_mu"] * MU),
        "water": d["industrial_fresh_water_m3"] / d["industrial_value_added"],
        "research": d["rd_expenditure"] / d["industrial_gross_output"] * 100,
        "co2": d["co2_emissions_t"] / d["industrial_value_added"],
        "output": d["industrial_gross_output"] / d["land_area_mu"],
    }
    ratios = {k: v.to_numpy() for k, v in ratios.items()}
    heavy, tech, wet = np.isin(two, ["26", "30", "31"]), two == "39", np.isin(two, ["27", "39"])
    why = (
        np.where(heavy, "高载能行业，2026年起", "2026年起"),
        np.where(heavy, "energy-heavy industries from 2026", "from 2026"),
    )
    rule = {r.tail: r for r in policy.rules}
    found["energy_intensity"] = limited(
        rule["energy_intensity"],
        ratios["energy"],
        "<=",
        np.where(heavy, 0.5, 0.35),
        "吨标准煤/万元",
        "tce/10k CNY",
        why,
    )
    since = np.full(len(d), "2026年起"), np.full(len(d), "from 2026")
    found["tax_per_mu"] = limited(
        rule["tax_per_mu"], ratios["tax"], ">=", np.full(len(d), 35.0), "万元/亩", "CNY/mu", since, 1e4
    )
    label = np.where(tech, "电子信息", ""), np.where(tech, "electronics", "")
    bar = np.where(tech, 350.0, 250.0)
    found["investment_per_mu"] = limited(
        rule["investment_per_mu"], ratios["investment"], ">=", bar, "万元/亩", "CNY/mu", label, 1e4
    )
    none = np.full(len(d), ""), np.full(len(d), "")
    found["far"] = limited(rule["far"], ratios["far"], ">=", np.full(len(d), 1.2), "", "", none)
    found["water"] = limited(
        rule["water"], ratios["water"], "<=", np.where(wet, 8.0, 6.0), "立方米/万元", "m3/10k CNY", none
    )
    found["research"] = limited(rule["research"], ratios["research"], ">=", np.full(len(d), 3.0), "%", "%", none)
    text = [unicodedata.normalize("NFKC", f"{w or ''} {n}").lower() for w, n in zip(d["words"], d["project"])]
    found["industry_list"] = industry_list(
        rule["industry_list"], code, three, d["words"].isna() | (d["words"] == ""), text
    )
    found["refusal_list"] = refusal_list(rule["refusal_list"], two, d["words"].isna() | (d["words"] == ""), text)
    found |= on_the_ground(rule, d, places, code, two)
    found["energy_quota"] = quota(
        d["energy_total_tce"].to_numpy(), quotas["energy"], 1.0, "", "", "吨标准煤", "tce", 100.0
    )
    bad = ("上年水质未达标", "last year's water quality failed its target")
    found["cod_quota"] = quota(d["emission_cod_t"].to_numpy(), quotas["cod"], 2.0, *bad, "吨", "t", None)
    found["nox_quota"] = quota(d["emission_nox_t"].to_numpy(), quotas["nox"], 1.0, "", "", "吨", "t", None)
    found["scorecard"] = scorecard(ratios, code, two, three)
    found["joint_review"] = review(rule["joint_review"], d)
    for tail, table in (("eia", "eia_2021"), ("permit", "permit_2019")):
        found[tail] = procedure(rule[tail], code, table)
    write(target, d, policy, found)
    book(target, d, policy, found)


def lacking(d: pd.DataFrame) -> dict[str, np.ndarray]:
    """By column that a rule cannot do without: where it is empty."""
    columns = dict.fromkeys(c for asked in ASKED.values() for c in asked)
    empty = {c: d[c].isna().to_numpy() for c in columns if c in d and c != "words"}
    return empty | {"words": (d["words"].isna() | (d["words"] == "")).to_numpy(), "parcel": np.ones(len(d), bool)}


def told(columns: tuple[str, ...], empty: list[np.ndarray]) -> np.ndarray:
    """What is missing as text: one text for every combination of empty columns."""
    code = sum((e.astype(np.int64) << i for i, e in enumerate(empty)), np.zeros(len(empty[0]), dtype=np.int64))
    distinct, index = np.unique(code, return_inverse=True)
    words = [TOLD.get(c, f"{c}@2026") for c in columns]
    texts = [";".join(w for i, w in enumerate(words) if k >> i & 1) for k in distinct.tolist()]
    return np.array(texts, dtype=object)[index]


def book(target: Path, d: pd.DataFrame, policy: object, found: dict[str, tuple]) -> None:
    """What the projects would take of the quotas, project by project."""
    parts = []
    for quota_id, (column, ratio) in BOOKED.items():
        status = np.asarray(found[f"{quota_id}_quota"][0], dtype=object)
        mine = np.flatnonzero((status == "met") | (status == "not_met"))
        amount = d[column].to_numpy()[mine]
        body = {
            "row": mine,
            "project": d["project"].to_numpy(dtype=object)[mine],
            "rule": f"{policy.id}/{quota_id}_quota",
        }
        body |= {"quota": quota_id, "year": 2026, "amount": amount, "unit": UNITS[f"{quota_id}_quota"], "ratio": ratio}
        parts.append(pd.DataFrame(body | {"required": amount * ratio}))
    whole = pd.concat(parts, ignore_index=True).sort_values("row", kind="stable").drop(columns="row")
    whole.to_parquet(target.with_name(f"{target.stem}-bookings.parquet"), index=False)


def write(target: Path, d: pd.DataFrame, policy: object, found: dict[str, tuple]) -> None:
    names, empty = d["project"].to_numpy(dtype=object), lacking(d)
    open_of: dict[str, np.ndarray] = {}
    size = len(names)
    refuse, open_, condition = (np.zeros(size, dtype=bool) for _ in range(3))
    parts = []
    for r in policy.rules:
        status, value, limit, zh, en = found[r.tail]
        status = np.asarray(status, dtype=object)
        unmet = status == "not_met"
        refuse |= unmet & (r.effect != "condition")
        condition |= (unmet & (r.effect == "condition")) | (status == "condition")
        open_ |= status == "undetermined"
        number = np.asarray(value).dtype.kind == "f" or np.asarray(value).dtype.kind == "i"
        body = {
            "project": names,
            "rule": r.id,
            "clause": r.clause,
            "status": status,
            "value": value if number else np.nan,
        }
        body |= {"word": "" if number else value, "limit": limit, "unit": UNITS.get(r.tail, ""), "missing": ""}
        if r.tail == "scorecard":
            body["unit"] = np.where(np.asarray(limit) == "> 3", "tCO2/10k CNY", "")
        if r.tail in ASKED:
            asked = [empty[c] & (status == "undetermined") for c in ASKED[r.tail]]
            body["missing"] = told(ASKED[r.tail], asked)
            for c, mine in zip(ASKED[r.tail], asked):
                open_of[c] = open_of[c] | mine if c in open_of else mine
        parts.append(pd.DataFrame(body | {"reason_zh": zh, "reason_en": en, "basis": r.basis}))
    verdict = np.select([refuse, open_, condition], ["refuse", "undetermined", "conditional"], "admit")
    whole = pd.concat(parts, ignore_index=True)
    whole.insert(1, "verdict", np.tile(verdict, len(parts)))
    for column in ("rule", "clause", "status", "verdict", "basis", "unit", "missing"):
        whole[column] = whole[column].astype("category")
    order = np.arange(len(whole)).reshape(len(parts), size).T.reshape(-1)
    whole.iloc[order].to_parquet(target, index=False)
    body = {
        "project": names,
        "verdict": verdict,
        "period": 2026,
        "missing": told(tuple(open_of), list(open_of.values())),
    }
    pd.DataFrame(body).to_parquet(target.with_name(f"{target.stem}-projects.parquet"), index=False)


# -- figures -----------------------------------------------------------------------------------------------------------


def shown(values: np.ndarray, factor: float = 1.0) -> list[str]:
    return [f"{v:,.8g}" if abs(v) >= 10000 else f"{v:.8g}" for v in (values * factor).tolist()]


def limited(rule, value, op, bar, zh_unit, en_unit, why, factor=1.0) -> tuple:
    """A ratio against limits that differ by row."""
    missing = np.isnan(value)
    held = value >= bar if op == ">=" else value <= bar
    status = np.select([missing, held], ["undetermined", "met"], "not_met")
    limit = [f"{op} {b:g}" for b in bar.tolist()]
    words = ("不低于", "at least") if op == ">=" else ("不高于", "at most")
    zu, eu = ("" if u == "" else u if u == "%" else f" {u}" for u in (zh_unit, en_unit))
    zh = [
        f"未填报：{rule.label.zh}"
        if m
        else f"{rule.label.zh}为 {v}{zu}，要求{words[0]} {b}{zu}" + (f"（{w}）" if w else "")
        for m, v, b, w in zip(missing, shown(value), shown(bar), why[0])
    ]
    en = [
        f"not given: {rule.label.en}"
        if m
        else f"{rule.label.en} is {v}{eu}, required {words[1]} {b}{eu}" + (f" ({w})" if w else "")
        for m, v, b, w in zip(missing, shown(value, factor), shown(bar, factor), why[1])
    ]
    return status, value, limit, zh, en


def quota(need, left, ratio, why_zh, why_en, zh_unit, en_unit, exempt) -> tuple:
    missing = np.isnan(need)
    idle = (need <= 0) | (False if exempt is None else need <= exempt)
    enough = need * ratio <= left
    status = np.select([missing, idle, enough], ["undetermined", "not_applicable", "met"], "not_met")
    limit = [f"<= {left / ratio:g}" if not (m or i) else "" for m, i in zip(missing, idle)]
    words = shown(need)
    times = (
        (f"，替代比例 {ratio:g}（{why_zh}）", f", replacement ratio {ratio:g} ({why_en})") if ratio != 1 else ("", "")
    )
    zh, en = [], []
    for m, i, e, w in zip(missing, idle, enough, words):
        if m:
            zh.append("2026年未填报")
            en.append("not given for 2026")
        elif i:
            zh.append(f"需 {w} {zh_unit}，无需占用指标")
            en.append(f"needs {w} {en_unit}: nothing to book")
        elif e:
            zh.append(f"需 {w} {zh_unit}{times[0]}；余额足够")
            en.append(f"needs {w} {en_unit}{times[1]}; enough is left")
        else:
            zh.append(f"需 {w} {zh_unit}{times[0]}；2026年余额 {left:g}，不足")
            en.append(f"needs {w} {en_unit}{times[1]}; {left:g} left in 2026: not enough")
    return status, need, limit, zh, en


def scorecard(ratios, code, two, three) -> tuple:
    tax, output, co2 = ratios["tax"], ratios["output"], ratios["co2"]
    with np.errstate(invalid="ignore"):
        t = np.select([tax >= 60, tax >= 45, tax >= 30], [40, 30, 20], 0)
        o = np.select([output >= 800, output >= 500, output >= 300], [30, 20, 10], 0)
    good = np.isin(three, ["276", "358"]) | (two == "39") | (code == "3824")
    i = np.select(
        [good, np.isin(two, ["34", "35", "36", "38", "40"]), np.isin(two, ["26", "27", "42"])], [30, 20, 15], 0
    )
    no_t, no_o, no_c = np.isnan(tax), np.isnan(output), np.isnan(co2)
    low = i + np.where(no_t, 0, t) + np.where(no_o, 0, o)
    high = i + np.where(no_t, 40, t) + np.where(no_o, 30, o)
    veto = co2 > 3
    lacking = no_t | no_o | no_c
    status = np.select(
        [veto, high < 50, (low >= 60) & ~no_c, lacking], ["not_met", "not_met", "met", "undetermined"], "condition"
    )
    value = np.where(veto, co2, np.where((low == high) & (status != "undetermined"), low, np.nan))
    span = [f"{a}" if a == b else f"{a}–{b}" for a, b in zip(low.tolist(), high.tolist())]
    zh = ["一票否决：单位增加值碳排放过高" if v else f"评分 {s}，及格 60" for v, s in zip(veto, span)]
    en = ["veto: far too much CO2 per value added" if v else f"score {s}, pass mark 60" for v, s in zip(veto, span)]
    return status, value, np.where(veto, "> 3", ">= 60"), zh, en


# -- lists, opinions, procedures ---------------------------------------------------------------------------------------


def spoken(text: list[str], words: tuple[str, ...]) -> np.ndarray:
    """Where one of the words occurs and is not denied."""
    denied = ("无", "不含", "不涉及", "不设", "不用", "非", "禁止", "without ", "no ", "non-", "not ")
    made = []
    for t in text:
        held = False
        for w in words:
            at = t.find(w)
            while at >= 0 and not held:
                held = not t[:at].endswith(denied)
                at = t.find(w, at + 1)
        made.append(held)
    return np.array(made)


def industry_list(rule, code, three, silent, text) -> tuple:
    silent = np.asarray(silent)
    process = spoken(text, ("含汞", "mercury process", "氰化电镀", "cyanide plating"))
    gone, few = np.isin(code, ["2511", "3110"]), (code == "3011") | (three == "304")
    liked = np.isin(three, ["276", "358"]) | np.isin(code, ["3973", "3824"])
    tests = [gone, process, few, silent, liked]
    zh = ["属淘汰类：小炼油、小炼铁", "属淘汰类：落后工艺", "属限制类：水泥、平板玻璃", "未填写工艺与产品"]
    zh.append("属鼓励类：生物药、集成电路、医疗设备、电力电子")
    en = [
        "eliminated: small refineries and iron works",
        "eliminated: outdated processes",
        "restricted: cement and flat glass",
    ]
    en.append("no processes or products are given")
    en.append("encouraged: biological drugs, integrated circuits, medical devices, power electronics")
    status = np.select(tests, ["not_met", "not_met", "not_met", "undetermined", "met"], "met")
    value = np.select(tests, ["eliminated", "eliminated", "restricted", "", "encouraged"], "")
    label = rule.label
    return (
        status,
        value,
        "",
        np.select(tests, zh, f"不在{label.zh}之列"),
        np.select(tests, en, f"on none of the lines of: {label.en}"),
    )


def refusal_list(rule, two, silent, text) -> tuple:
    silent, chemical = np.asarray(silent), two == "26"
    gas = chemical & spoken(text, ("光气", "phosgene", "硝化", "nitration"))
    paint = spoken(text, ("露天喷漆", "open-air painting"))
    tests = [gas, paint, silent]
    zh = ["属不予准入清单：涉光气、硝化的化工", "属不予准入清单：露天喷漆", "未填写工艺与产品"]
    en = [
        "refusal list: chemicals with phosgene or nitration",
        "refusal list: open-air painting",
        "no processes or products are given",
    ]
    status = np.select(tests, ["not_met", "not_met", "undetermined"], "met")
    label = rule.label
    value = np.select(tests[:2], ["refusal list"] * 2, "")
    return (
        status,
        value,
        "",
        np.select(tests, zh, f"不在{label.zh}之列"),
        np.select(tests, en, f"on none of the lines of: {label.en}"),
    )


def review(rule, d) -> tuple:
    """One answer for every combination of opinions."""
    from ecopark.admission.gate import hold, open_case
    from ecopark.admission.project import Opinion, read_project

    offices = [o.id for o in rule.spec.offices]
    columns = d[[f"opinion.{o}" for o in offices]].fillna("")
    number = columns.groupby(list(columns.columns), sort=False).ngroup().to_numpy()
    told = {}
    policy, day = find_policy("invented-park"), pd.Timestamp("2026-11-21").date()
    for key, row in zip(number, columns.itertuples(index=False)):
        if key not in told:
            given = [Opinion(o, w, "某某", "2026-11-20") for o, w in zip(offices, row) if w]
            project = read_project({"name": "P", "facts": []})
            object.__setattr__(project, "opinions", tuple(given))
            told[key] = hold(rule, open_case(project, policy, day))
    answers = [told[k] for k in range(len(told))]
    pick = [np.array([getter(a) for a in answers], dtype=object)[number] for getter in (
        lambda a: a.status, lambda a: a.limit, lambda a: a.reason.zh, lambda a: a.reason.en)]  # fmt: skip
    return pick[0], np.nan, pick[1], pick[2], pick[3]


def procedure(rule, code, table) -> tuple:
    """The lines of the classification, once per code."""
    rows = procedure_rows(table)
    told = {}
    for c in pd.unique(code):
        mine = [r for r in rows if any(c.startswith(p) or p.startswith(c) for p in r[0])]
        if not mine:
            told[c] = "名录中没有该行业的条目", "the classification has no line for this industry"
            continue
        zh = "；".join(f"{about}：" + "，".join(f"{n}：{w}" for n, w in levels) for _, about, levels in mine[:3])
        en = f"{len(mine)} line(s) of the classification: {zh}"
        if rule.spec.covered is not None:
            text = rule.spec.covered[1]
            zh, en = f"{zh}。{text.zh}", f"{en}. {text.en}"
        told[c] = zh, en
    return "reported", np.nan, "", [told[c][0] for c in code], [told[c][1] for c in code]


# -- the ground --------------------------------------------------------------------------------------------------------


def locate(folder: Path, d: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Unit, group, reserve and nearest sensitive places of every project."""
    points = gpd.GeoDataFrame(
        index=d.index, geometry=gpd.points_from_xy(d["longitude"], d["latitude"]), crs="EPSG:4326"
    )
    layers = {
        n: gpd.read_file(folder / "map" / f"{n}.geojson") for n in ("control_units", "groups", "sensitive", "reserve")
    }
    found = {}
    for name in ("control_units", "groups", "reserve"):
        joined = gpd.sjoin(points, layers[name], how="left", predicate="intersects")
        if name == "control_units":  # on a border the stricter unit counts
            order = joined["class"].map({"priority": 0, "key": 1, "general": 2})
            joined = joined.assign(order=order).sort_values("order", kind="stable")
        found[name] = joined[~joined.index.duplicated()].sort_index()
    middle = (BOX[0] + BOX[2]) / 2, (BOX[1] + BOX[3]) / 2
    plane = f"+proj=tmerc +lon_0={middle[0]} +lat_0={middle[1]} +datum=WGS84 +units=m"
    near, flat = layers["sensitive"].to_crs(plane), points.to_crs(plane)
    for kind, places in near.groupby("type"):
        joined = gpd.sjoin_nearest(flat, places, how="left", distance_col="metres")
        found[kind] = joined[~joined.index.duplicated()].sort_index()
    return found


def on_the_ground(rule, d, places, code, two) -> dict[str, tuple]:
    found = {}
    unit, group, reserve = places["control_units"], places["groups"], places["reserve"]
    zh_class = {"priority": "优先保护单元", "key": "重点管控单元", "general": "一般管控单元"}
    en_class = {"priority": "priority protection unit", "key": "key control unit", "general": "general control unit"}
    word = unit["class"].to_numpy(dtype=object)
    status = np.where(word == "priority", "not_met", "met")
    zh = [f"位于{n}，{zh_class[c]}" for n, c in zip(unit["zh"], word)]
    en = [f"in {n}: {en_class[c]}" for n, c in zip(unit["en"], word)]
    found["control_unit"] = status, word, "", zh, en
    about = np.isin(two, ["26", "27"])
    names = {c: named(c) for c in pd.unique(code)}
    for tail, kind, least in (("setback", "residential", 300.0), ("setback_water", "water_source", 1000.0)):
        near = places[kind]
        metres = near["metres"].to_numpy()
        status = np.select([~about, metres >= least], ["not_applicable", "met"], "not_met")
        tenth = [f"{m:g}" if m < 1e5 else f"{m:.1f}" for m in np.rint(metres * 10) / 10]
        zh = [
            f"距{n} {m} 米，要求不小于 {least:g} 米" if a else f"本条不涉及行业 {names[c]}"
            for a, n, m, c in zip(about, near["zh"], tenth, code)
        ]
        en = [
            f"{m} m from {n}, required at least {least:g} m" if a else f"the rule is not about industry {names[c]}"
            for a, n, m, c in zip(about, near["en"], tenth, code)
        ]
        limit = np.where(about, f">= {least:g}", "")
        found[tail] = status, np.where(about, np.rint(metres * 10) / 10, np.nan), limit, zh, en
    taken = reserve["id"].notna().to_numpy()
    zh = [f"占用战略留白用地：{n}" if t else "不占用战略留白用地" for t, n in zip(taken, reserve["zh"])]
    en = [
        f"on strategic reserve land: {n}" if t else "not on strategic reserve land"
        for t, n in zip(taken, reserve["en"])
    ]
    found["reserve"] = np.where(taken, "not_met", "met"), np.nan, "", zh, en
    for tail, need in (
        ("cod_capacity", d["emission_cod_t"].to_numpy()),
        ("nox_capacity", d["emission_nox_t"].to_numpy()),
    ):
        found[tail] = bearing(need, unit, tail.split("_")[0])
    found["group"] = groups(rule["group"], group, code, names)
    text = ("未给出地块", "no parcel is given")
    found["parcel"] = "undetermined", np.nan, "", *text
    return found


def bearing(need, unit, name) -> tuple:
    capacity, load = unit[f"{name}_capacity_t"].to_numpy(), unit[f"{name}_load_t"].to_numpy()
    room = np.round(capacity - load, 6)
    missing, idle, fits = np.isnan(need), need <= 0, need <= room
    status = np.select([missing, idle, fits], ["undetermined", "not_applicable", "met"], "not_met")
    a, b, c = shown(need), shown(capacity), shown(room)
    zh, en = [], []
    for m, i, x, y, z, nz, ne in zip(missing, idle, a, b, c, unit["zh"], unit["en"]):
        if m:
            zh.append("2026年未填报")
            en.append("not given for 2026")
        elif i:
            zh.append("不新增负荷")
            en.append("adds no load")
        else:
            zh.append(f"新增 {x} 吨，{nz}承载力 {y} 吨，剩余 {z} 吨")
            en.append(f"adds {x} t; {ne} bears {y} t, of which {z} t is left")
    limit = ["" if m or i else f"<= {z:.12g}" for m, i, z in zip(missing, idle, room)]
    return status, need, limit, zh, en


def groups(rule, group, code, names) -> tuple:
    """One answer for every pair of group and code."""
    roles = {r.id: r for r in rule.spec.groups}
    told = {}
    ids, zh_names, en_names = (group[c].to_numpy(dtype=object) for c in ("id", "zh", "en"))
    status, value, zh, en = [], [], [], []
    for key, nz, ne in zip(zip(ids, code), zh_names, en_names):
        if key not in told:
            role, n = roles[key[0]], names[key[1]]
            if key[1].startswith(role.leading):
                told[key] = "met", "leading", f"{n} 为{nz}主导产业", f"{n} is a leading industry of {ne}"
            elif role.also and key[1].startswith(role.also):
                told[key] = "met", "accepted", f"{nz}可接纳 {n}", f"{ne} takes {n}"
            else:
                a = f"{n} 不属于{nz}的产业方向（{'、'.join(role.leading)}）"
                told[key] = "not_met", "outside", a, f"{n} is not what {ne} is for ({', '.join(role.leading)})"
        a, b, c, e = told[key]
        status.append(a)
        value.append(b)
        zh.append(c)
        en.append(e)
    return status, value, "", zh, en
