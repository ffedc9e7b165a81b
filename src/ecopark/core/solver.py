"""The solver of linear and mixed-integer programmes (HiGHS), made to say nothing and to use one thread.

HiGHS 1.16 prints its name to standard output as soon as a solver is made, before an option can tell it not to; there our
commands print JSON. It has one pool of threads for a whole process, of the size that the first solver asks for: a later one
that asks for another does not run at all. Our programmes are small, so all ask for one thread, and none else may be asked for.
"""

from __future__ import annotations

from functools import cache
from typing import Any


def quiet_solver(**options: Any) -> Any:
    """A HiGHS solver with these options that prints nothing.

    Examples
    --------
    >>> quiet_solver(time_limit=2.0).getOptionValue("time_limit")[1]
    2.0
    """
    made = _quiet()()
    for name, value in {"output_flag": False, **options, "threads": 1}.items():
        made.setOptionValue(name, value)
    return made


@cache
def _quiet() -> Any:
    """The solver's class, silent before it does the first thing that makes it print its name."""
    import highspy

    class Quiet(highspy.Highs):  # type: ignore[misc]
        def enableCallbacks(self) -> None:
            self.silent()
            super().enableCallbacks()  # type: ignore[no-untyped-call]

    return Quiet
