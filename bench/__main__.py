"""Print what the budgets are about: `python -m bench`, after `make build STAGE=local`."""

import sys

from bench.cold_imports import measure, table

if __name__ == "__main__":
    measured = measure()
    print(table(measured))
    sys.exit(not all(line.is_within_budget for line in measured))
