"""Codes of columns say the same as the columns, and repeated combinations are found whichever way is taken."""

import numpy as np
import polars as pl
import pytest

from ecopark.observations import coded as module
from ecopark.observations.coded import all_different, coded, paired, side_by_side


def test_codes_give_the_texts_back_without_blanks():
    texts = ["b", " b", "", "a\u3000", "a", "ü"]
    codes, distinct = coded(pl.Series(texts))
    assert [distinct[c] for c in codes] == [t.strip() for t in texts]
    assert distinct == sorted(set(distinct))


@pytest.mark.parametrize("widest", [0, 1 << 24])
def test_pairs_and_repetitions_are_the_same_by_table_and_by_sorting(monkeypatch, widest):
    monkeypatch.setattr(module, "WIDEST", widest)
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 7, 500).astype(np.uint8), rng.integers(0, 300, 500).astype(np.uint16)
    places, distinct = paired((a, 7), (b, 300))
    assert [distinct[p] for p in places] == list(zip(a.tolist(), b.tolist(), strict=True))
    assert distinct == sorted(set(distinct))
    firsts = np.unique(places, return_index=True)[1]
    wide = 10**6  # so many codes that no table is made
    for count in (300, wide):
        assert not all_different((a, 7), (b, count))
        assert all_different((a[firsts], 7), (b[firsts], count))


def test_no_rows_are_no_pairs():
    places, distinct = paired((np.zeros(0, np.uint8), 0), (np.zeros(0, np.uint8), 0))
    assert len(places) == 0
    assert distinct == []
    assert all_different((np.zeros(0, np.uint8), 0))


def test_results_come_in_the_order_of_the_items():
    assert side_by_side(lambda n: n * n, range(9)) == [n * n for n in range(9)]
