"""Measures the chain: how long from a denied call in the log group to its post in Slack, when idle.

    cargo xtask functions
    .venv/bin/python deploy/bench_chain.py dist/source.zip dist/destination.zip

The stack is deployed to an emulated AWS with these functions, as in deploy/tests/test_chain.py. The
emulator asks queues at its own pace, as Lambda does; the first call, with its cold starts, is told apart.
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
