#!/usr/bin/env python3
"""AUC and seconds a tree of plain XGBoost on the pooled tables of aligned data sets, to put beside a secure_xgboost task's record.

  plain_xgboost.py --library libxgboost.so.0 [--trees 100] [--depth 4] [--eta 0.1] [--lambda 1] [--bins 32] LABEL_SET FEATURE_SET...

Each set is the folder of a party's data set (train.csv and test.csv, rows in the same order). Debian has the library as libxgboost0:
`apt-get download libxgboost0 && dpkg -x libxgboost0_*.deb folder` gives it without installing anything.
"""
import argparse
import array
import csv
import ctypes
import time


def read(folders, part):
    tables = []
    for folder in folders:
        with open(f"{folder}/{part}.csv", newline="") as file:
            tables.append([[float(cell) if cell else float("nan") for cell in row] for row in csv.reader(file)])
    return [sum(rows, []) for rows in zip(*tables)]


def auc(labels, scores):
    order = sorted(range(len(labels)), key=lambda i: scores[i])
    ranks, i = [0.0] * len(labels), 0
    while i < len(order):
        j = i
        while j < len(order) and scores[order[j]] == scores[order[i]]:
            j += 1
        for k in order[i:j]:
            ranks[k] = (i + j + 1) / 2
        i = j
    ones = sum(labels)
    return (sum(rank for rank, label in zip(ranks, labels) if label) - ones * (ones + 1) / 2) / (ones * (len(labels) - ones))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", required=True)
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--depth", type=int, default=4)
    parser.add_argument("--eta", type=float, default=0.1)
    parser.add_argument("--lambda", dest="reg_lambda", type=float, default=1)
    parser.add_argument("--bins", type=int, default=32)
    parser.add_argument("label_set")
    parser.add_argument("feature_sets", nargs="+")
    given = parser.parse_args()
    xgb = ctypes.CDLL(given.library)
    xgb.XGBGetLastError.restype = ctypes.c_char_p

    def call(name, *arguments):
        if getattr(xgb, name)(*arguments) != 0:
            raise SystemExit(f"{name}: {xgb.XGBGetLastError().decode()}")

    def matrix(part):
        rows, labels = read(given.feature_sets, part), [row[0] for row in read([given.label_set], part)]
        values = array.array("f", [value for row in rows for value in row])
        handle = ctypes.c_void_p()
        call("XGDMatrixCreateFromMat", (ctypes.c_float * len(values)).from_buffer(values), ctypes.c_uint64(len(rows)),
             ctypes.c_uint64(len(rows[0])), ctypes.c_float(float("nan")), ctypes.byref(handle))
        packed = array.array("f", labels)
        call("XGDMatrixSetFloatInfo", handle, b"label", (ctypes.c_float * len(packed)).from_buffer(packed), ctypes.c_uint64(len(labels)))
        return handle, labels

    train, train_labels = matrix("train")
    test, test_labels = matrix("test")
    booster = ctypes.c_void_p()
    call("XGBoosterCreate", (ctypes.c_void_p * 1)(train), ctypes.c_uint64(1), ctypes.byref(booster))
    settings = {"objective": "binary:logistic", "tree_method": "hist", "max_depth": given.depth, "eta": given.eta, "lambda": given.reg_lambda,
                "max_bin": given.bins, "base_score": sum(train_labels) / len(train_labels), "verbosity": 0}
    for name, value in settings.items():
        call("XGBoosterSetParam", booster, name.encode(), str(value).encode())
    began = time.perf_counter()
    for tree in range(given.trees):
        call("XGBoosterUpdateOneIter", booster, ctypes.c_int(tree), train)
    seconds = time.perf_counter() - began
    size, scores = ctypes.c_uint64(), ctypes.POINTER(ctypes.c_float)()
    call("XGBoosterPredict", booster, test, ctypes.c_int(0), ctypes.c_uint(0), ctypes.c_int(0), ctypes.byref(size), ctypes.byref(scores))
    print(f"plain XGBoost: {given.trees} trees, test AUC {auc(test_labels, scores[:size.value]):.4f}, {seconds / given.trees:.4f} s a tree")


if __name__ == "__main__":
    main()
