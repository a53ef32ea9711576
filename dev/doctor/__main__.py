"""The command behind `make doctor`."""

import argparse
import sys
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from dev.doctor.checks import CHECKS
from dev.doctor.deployment import LOCAL, deployment, home_at
from dev.failures import CannotRun


def main() -> int:
    """Print what was found; return 1 where something is wrong."""
    arguments = _parser().parse_args()
    try:
        found = deployment(arguments.stage, home_at(arguments.home))
        findings = [finding for check in CHECKS for finding in check(found)]
    except CannotRun as failure:
        print(failure, file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as failure:
        print(f"The account cannot be read: {failure}", file=sys.stderr)
        return 1
    for finding in findings:
        print(f"{'✓' if finding.is_well else '✗'} {finding.what}")
        if finding.fix:
            print(f"  {finding.fix}")
    return 0 if all(finding.is_well for finding in findings) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dev.doctor", description=__doc__)
    parser.add_argument("--stage", default=LOCAL, help="a part of samconfig.toml")
    parser.add_argument("--home", type=Path, help="where a local Parley is kept")
    return parser


if __name__ == "__main__":
    sys.exit(main())
