"""Print what the budgets are about: `python -m bench`, after `make build STAGE=local`."""

import sys

from bench import cold_imports, slots

if __name__ == "__main__":
    imports = cold_imports.measure()
    print(cold_imports.table(imports))
    timings = slots.measure()
    print(slots.table(timings))
    within_budgets = [line.is_within_budget for line in imports]
    within_budgets += [line.is_within_budget for line in timings]
    sys.exit(not all(within_budgets))
