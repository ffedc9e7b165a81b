"""The examples in docstrings run."""

import doctest
import importlib
import pkgutil

import pytest

import ecopark

MODULES = sorted(m.name for m in pkgutil.walk_packages(ecopark.__path__, "ecopark."))


@pytest.mark.parametrize("name", ["ecopark", *MODULES])
def test_examples_of_a_module_run(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0
