"""The solver prints nothing where a command prints JSON."""

import subprocess
import sys

PROGRAMME = """
from ecopark.core.solver import quiet_solver

solver = quiet_solver(mip_rel_gap=0.0)
x = solver.addBinary(obj=1.0)
solver.maximize()
print(solver.val(x))
"""


def test_a_solver_prints_neither_its_name_nor_its_log():
    done = subprocess.run([sys.executable, "-c", PROGRAMME], capture_output=True, text=True, check=True)
    assert done.stdout == "1.0\n"
