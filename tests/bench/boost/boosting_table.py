#!/usr/bin/env python3
"""The table of docs/benchmarks.md: seconds a tree of boosting on shares by rows, features, depth and bins; rounds and bytes a tree; the online
work and the dealer's apart; beside plain XGBoost on the same rows in the same run.

  boosting_table.py [--build build/release] [--library libxgboost.so.0] [--quick] [ROWSxFEATURESxDEPTHxBINS ...]

For each shape boost_cluster_bench trains over the real programs and mutual TLS (seconds, rounds, AUC), and boost_bench with all parties in one process
(bytes, processor time). Three data clients. XGBoost is looked for where Debian's libxgboost0 puts it, or --library says where it is; without it its columns stay empty.
"""
import argparse
import os
import re
import subprocess
import sys

SHAPES = ["24000x23x4x32", "24000x23x4x16", "24000x23x6x32", "24000x46x4x32", "100000x23x4x32"]
PLACES = ["/usr/lib/x86_64-linux-gnu/libxgboost.so.0", "/usr/lib/aarch64-linux-gnu/libxgboost.so.0", "/usr/lib/libxgboost.so.0"]


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def figures(pattern, text):
    found = re.search(pattern, text)
    if not found:
        raise SystemExit(f"no figures in: {text}")
    return found.groups()


def row_of(shape, given, library):
    rows, features, depth, bins = (int(number) for number in shape.split("x"))
    trees = 3 if rows > 50000 or depth > 5 else 10
    if given.quick:
        trees = 2
    common = ["--features", str(features), "--depth", str(depth), "--bins", str(bins)]
    # The cluster's rows are with the test rows, a fifth.
    command = [f"{given.build}/bench/boost_cluster_bench", "--rows", str(rows * 5 // 4), "--trees", str(trees), "--evaluate-every", str(trees), *common]
    if library:
        command += ["--xgboost", library]
    over_tls = run(command + ["full", "relaxed"])
    in_process = run([f"{given.build}/bench/boost_bench", "--rows", str(rows), "--trees", str(min(trees, 5)), *common])
    seconds, rounds, record = figures(r"full .*seconds_per_tree=(\S+) rounds_per_tree=(\d+);.*: \[(.*)\]", over_tls)
    relaxed, = figures(r"relaxed .*seconds_per_tree=(\S+) ", over_tls)
    online, dealt, dealer, client = figures(r"rounds, (\S+) MB between clients, (\S+) MB dealt; processor s a tree: dealer (\S+), client (\S+)", in_process)
    plain_auc = plain_seconds = "–"
    if library:
        plain_auc, plain_seconds = figures(r"test AUC (\S+), (\S+) s a tree", over_tls)
    auc = record.split(",")[3].strip()[:6]
    return [f"{rows:,}", str(features), str(depth), str(bins), f"{float(seconds):.2f}", rounds, online, dealt, client, dealer, f"{float(relaxed):.3f}", plain_seconds,
            f"{auc}, {plain_auc}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--library")
    parser.add_argument("--quick", action="store_true", help="two trees each")
    parser.add_argument("shapes", nargs="*", default=SHAPES)
    given = parser.parse_args()
    library = given.library or next((place for place in PLACES if os.path.exists(place)), None)
    if library is None:
        print("XGBoost is not here (Debian: apt-get install libxgboost0): its columns stay empty.", file=sys.stderr)
    heads = ["rows", "features", "depth", "bins", "s a tree", "rounds", "MB between clients", "MB dealt", "busiest client, processor s", "dealer, processor s",
             "`relaxed`, s a tree", "plain XGBoost, s a tree", "test AUC: full, plain"]
    print("| " + " | ".join(heads) + " |\n|" + " --- |" * len(heads), flush=True)
    for shape in given.shapes:
        print("| " + " | ".join(row_of(shape, given, library)) + " |", flush=True)


if __name__ == "__main__":
    main()
