"""Measures the idle chain: the time from a denied call in the log group to its post in Slack.

    cargo xtask functions
    .venv/bin/python deploy/bench_chain.py dist/source.zip dist/destination.zip

Deploys the stack with these functions to an emulated AWS, as deploy/tests/test_chain.py does. The emulator
polls queues at its own pace, as Lambda does. The first call, with its cold starts, is reported separately.
"""

import json
import os
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

CALLS = 20


def main():
    source, destination = (str(Path(each).resolve()) for each in sys.argv[1:3])
    os.environ |= {"AWARE_SOURCE_ZIP": source, "AWARE_DESTINATION_ZIP": destination}
    from tests.stage import denied
    from tests.test_chain import Chain

    Chain.setUpClass()
    try:
        chain, times = Chain(), []
        for _ in range(CALLS + 1):
            chain.setUp()
            begun = time.monotonic()
            chain.into_log_group(json.dumps(denied(chain.user)))
            chain.until(lambda: Chain.slack.about(chain.user))
            times.append(time.monotonic() - begun)
            time.sleep(1)
        cold, warm = times[0], sorted(times[1:])
        print(f"log group to Slack: {statistics.median(warm):.2f} s (median of {CALLS}; {warm[0]:.2f} to {warm[-1]:.2f} s); the first {cold:.2f} s")
    finally:
        Chain.doClassCleanups()


if __name__ == "__main__":
    main()
