"""How long `pmsync --help` and `pmsync --version` take, as a ratio to a Python that only imports click and yaml."""

import argparse
import statistics
import subprocess
import sys
import time

BASE = [sys.executable, "-c", "import click, yaml"]
COMMANDS = {
    "--help": [sys.executable, "-m", "pmsync", "--help"],
    "--version": [sys.executable, "-m", "pmsync", "--version"],
}


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="5 pairs instead of 21")
    pairs = 5 if parser.parse_args().quick else 21
    for name, command in COMMANDS.items():
        seconds(command)
        found = [(seconds(command), seconds(BASE)) for _ in range(pairs)]
        ratio = statistics.median(ours / base for ours, base in found)
        middle = statistics.median(ours for ours, _ in found)
        print(f"pmsync {name:<10} {middle * 1000:6.0f} ms   {ratio:.2f} x click + yaml")


if __name__ == "__main__":
    main()
