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


def test_solvers_of_every_kind_run_one_after_the_other_in_one_process():
    programme = """
import highspy
from ecopark.core.solver import quiet_solver

for options in ({}, {"time_limit": 2.0}, {"mip_rel_gap": 0.0}, {"threads": 4}):
    solver = quiet_solver(**options)
    x, y = solver.addVariable(lb=0, ub=4, obj=1.0), solver.addBinary(obj=1.0)
    solver.addConstr(x + y <= 4.5)
    solver.maximize()
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal, options
"""
    subprocess.run([sys.executable, "-c", programme], check=True)
