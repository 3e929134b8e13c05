#!/usr/bin/env python3
"""Models trained by real daemons on secret shares, beside scikit-learn on the same rows.

    build/release/bin must be there; needs python3-sklearn.
    tests/bench/accuracy/accuracy.py [credit] [digits] [regression]

Starts a master and nodes (--insecure, loopback) in a folder of its own, aligns the tables of two feature parties and a label party, trains each
model through HTTP and prints one line a model: what the label client's record says at the end, and the peers' figure. Everything is stopped and
removed afterwards.
"""
import csv
import json
import math
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import warnings

import numpy
from sklearn.datasets import load_diabetes, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import roc_auc_score, roc_curve
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

ROOT = pathlib.Path(__file__).resolve().parents[3]
BIN = ROOT / "build/release/bin"
PARTIES = ("feature1", "feature2", "label")


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Cluster:
    """A master and one node a party, and one for main and dealer."""

    def __init__(self, folder):
        self.folder = folder
        self.processes = []
        names = ("main",) + PARTIES
        ports = free_ports(2 + 2 * len(names))
        self.master, self.dealer_port = ports[:2]
        self.http = dict(zip(names, ports[2::2]))
        self.computation = dict(zip(names, ports[3::2]))

    def __enter__(self):
        self._launch("pai-master", self.master, "master")
        for name, port in self.http.items():
            self._launch("pai-node", port, name, "--name", name)
        for port in (self.master, *self.http.values()):
            self._await_ready(port)
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(timeout=30)

    def _launch(self, program, port, name, *arguments):
        log = open(self.folder / f"{name}.log", "w")
        self.processes.append(subprocess.Popen(
            [BIN / program, "--insecure", "--listen", f"127.0.0.1:{port}", "--data-dir", self.folder / name, *arguments],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def _await_ready(self, port):
        for _ in range(400):
            try:
                return urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2).read()
            except OSError:
                time.sleep(0.05)
        sys.exit(f"nothing came up on port {port}; logs are in {self.folder}")

    def ask(self, path, body=None, method="GET"):
        request = urllib.request.Request(f"http://127.0.0.1:{self.master}/{path}", data=body, method=method)
        try:
            return json.load(urllib.request.urlopen(request, timeout=60))
        except urllib.error.HTTPError as error:
            sys.exit(f"{path}: {error.read().decode()}")

    def run(self, name, clients):
        entries = [{"role": role, "addr": "127.0.0.1", "http_port": self.http[node],
                    "client_config": {"computation_port": self.dealer_port if role == "crypto_producer" else self.computation[node], **config}}
                   for role, node, config in clients]
        self.ask("createTask", json.dumps({"task_name": name, "clients": entries}).encode(), "POST")
        self.ask(f"startTask?task_name={name}", method="POST")
        while (status := self.ask(f"queryStatus?task_name={name}"))["msg"] not in ("Finished", "Failed", "Stopped"):
            time.sleep(0.2)
        if status["msg"] != "Finished":
            sys.exit(f"task {name}: {status}")

    def align(self, name, tables):
        """tables: party → (header, rows), the ID first."""
        for party, (header, rows) in tables.items():
            raw = self.folder / party / "raw"
            raw.mkdir(parents=True, exist_ok=True)
            rows = rows[:]
            random.Random(party).shuffle(rows)
            with open(raw / f"{name}.csv", "w", newline="") as file:
                csv.writer(file).writerows([header, *rows])
        self.run(f"align-{name}", [("main_client", "main", {"client_type": "alignment_main"})] + [
            ("label_client" if party == "label" else "feature_client", party,
             {"client_type": "alignment_data", "raw_data_path": f"{name}.csv", "out_data_path": name}) for party in PARTIES])

    def train(self, name, data, main, label, feature=None):
        """The label client's last record row, and batches a second."""
        self.run(name, [
            ("main_client", "main", {"client_type": "shared_nn_main", **main}),
            ("crypto_producer", "main", {"client_type": "triplet_producer"}),
            ("feature_client", "feature1", {"client_type": "shared_nn_feature", "data_path": data, **(feature or {})}),
            ("feature_client", "feature2", {"client_type": "shared_nn_feature", "data_path": data, **(feature or {})}),
            ("label_client", "label", {"client_type": "shared_nn_label", "data_path": data, **label})])
        with open(self.folder / "label/tasks" / f"{name}-4" / "record.csv", newline="") as file:
            return {key: float(value) for key, value in list(csv.DictReader(file))[-1].items()}

    def aligned(self, data, part):
        """(X, y) of train.csv or test.csv, which hold values only."""
        columns = []
        for party in PARTIES:
            with open(self.folder / party / "datasets" / data / f"{part}.csv", newline="") as file:
                columns.append(numpy.array(list(csv.reader(file)), dtype=float))
        return numpy.hstack(columns[:2]), columns[2][:, 0]


def vertical(x, y, cut):
    """The columns of x left and right of `cut` and the label, for three parties; each lacks other rows."""
    tables = {}
    for k, (party, block) in enumerate(zip(PARTIES, (x[:, :cut], x[:, cut:], y.reshape(-1, 1)))):
        kept = [i for i in range(len(x)) if i % 50 != k]
        tables[party] = (["ID"] + [f"{party}_{j}" for j in range(block.shape[1])],
                         [[f"row-{i:06d}"] + [repr(float(v)) if v != int(v) else int(v) for v in block[i]] for i in kept])
    return tables


def ks(y, score):
    false_rate, true_rate, _ = roc_curve(y, score)
    return float(numpy.max(numpy.abs(true_rate - false_rate)))


def scaled(train, test):
    scaler = StandardScaler().fit(train)
    return [numpy.clip(scaler.transform(x), -6, 6) for x in (train, test)]


def show(model, settings, ours, peers):
    print(f"| {model} | {settings} | {ours} | {peers} |", flush=True)


def credit(cluster):
    with open(ROOT / "tests/data/uci_credit_default/credit_default.csv", newline="") as file:
        table = numpy.array(list(csv.reader(file))[1:], dtype=float)[:, 1:]
    cluster.align("credit", vertical(table[:, :-1], table[:, -1], 11))
    (x, y), (x_test, y_test) = cluster.aligned("credit", "train"), cluster.aligned("credit", "test")
    x, x_test = scaled(x, x_test)
    label = {"loss": "logloss", "metric": ["auc_ks"]}

    def pair(score):
        return f"{roc_auc_score(y_test, score):.4f}, {ks(y_test, score):.4f}"

    peer = LogisticRegression(max_iter=1000).fit(x, y).predict_proba(x_test)[:, 1]
    for batch, epochs, rate in ((64, 5, 0.1), (256, 5, 0.1), (256, 20, 0.3)):
        last = cluster.train(f"credit-{batch}-{epochs}", "credit",
                             {"layers": [], "batch_size": batch, "epochs": epochs, "learning_rate": rate, "test_per_batches": 0}, label)
        show("logistic regression", f"B {batch}, {epochs} epochs, rate {rate}", f"AUC {last['auc']:.4f}, KS {last['ks']:.4f}",
             f"lbfgs {pair(peer)}")
    for width, epochs in ((32, 10), (64, 20)):
        peer = MLPClassifier((width,), activation="logistic", solver="sgd", momentum=0, learning_rate_init=0.2, batch_size=64,
                             max_iter=epochs, random_state=1)
        peer.fit(x, y)
        last = cluster.train(f"credit-{width}", "credit",
                             {"in_dim": width, "layers": [1], "out_dim": 1, "batch_size": 64, "epochs": epochs, "learning_rate": 0.2,
                              "test_per_batches": 0}, label)
        show(f"network 23–{width}–1", f"B 64, {epochs} epochs, rate 0.2", f"AUC {last['auc']:.4f}, KS {last['ks']:.4f}",
             f"MLPClassifier, the same settings {pair(peer.predict_proba(x_test)[:, 1])}")


def digits(cluster):
    data = load_digits()
    pixels = data.data[:, data.data.std(axis=0) > 0.1]  # some are nearly always white; a party would leave them out
    cluster.align("digits", vertical(pixels, data.target.astype(float), pixels.shape[1] // 2))
    (x, y), (x_test, y_test) = cluster.aligned("digits", "train"), cluster.aligned("digits", "test")
    feature, label = {"normalize": "minmax"}, {"loss": "logloss", "metric": ["acc"]}
    last = cluster.train("digits-linear", "digits", {"layers": [], "out_dim": 10, "batch_size": 64, "epochs": 60, "learning_rate": 0.5,
                                                     "test_per_batches": 0}, label, feature)
    peer = LogisticRegression(max_iter=5000, multi_class="ovr").fit(x / 16, y)
    show("digits, linear, one against the rest", "B 64, 60 epochs, rate 0.5, minmax", f"accuracy {last['acc']:.4f}",
         f"lbfgs, ovr {peer.score(x_test / 16, y_test):.4f}")
    last = cluster.train("digits-network", "digits", {"in_dim": 32, "layers": [10], "out_dim": 10, "batch_size": 64, "epochs": 60,
                                                      "learning_rate": 0.5, "test_per_batches": 0}, label, feature)
    peer = MLPClassifier((32,), activation="logistic", solver="sgd", momentum=0, learning_rate_init=0.5, batch_size=64, max_iter=60,
                         random_state=1).fit(x / 16, y)
    show("digits, 32 hidden units", "B 64, 60 epochs, rate 0.5, minmax", f"accuracy {last['acc']:.4f}",
         f"MLPClassifier, softmax {peer.score(x_test / 16, y_test):.4f}")


def regression(cluster):
    data = load_diabetes(scaled=False)
    cluster.align("diabetes", vertical(data.data, data.target, 5))
    (x, y), (x_test, y_test) = cluster.aligned("diabetes", "train"), cluster.aligned("diabetes", "test")
    last = cluster.train("diabetes", "diabetes", {"layers": [], "activation": "none", "batch_size": 32, "epochs": 100, "learning_rate": 0.05,
                                                  "test_per_batches": 0}, {"loss": "mse", "metric": "loss"})
    r2 = 1 - last["loss"] / numpy.mean((y_test - numpy.mean(y_test)) ** 2)
    peer = LinearRegression().fit(x, y)
    rmse = math.sqrt(numpy.mean((peer.predict(x_test) - y_test) ** 2))
    show("diabetes, linear regression", "B 32, 100 epochs, rate 0.05", f"RMSE {math.sqrt(last['loss']):.2f}, R² {r2:.4f}",
         f"least squares RMSE {rmse:.2f}, R² {peer.score(x_test, y_test):.4f}")


def main():
    jobs = {"credit": credit, "digits": digits, "regression": regression}
    wanted = sys.argv[1:] or list(jobs)
    if not set(wanted) <= set(jobs):
        sys.exit(__doc__)
    warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs are chosen, as ours are
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pai-accuracy-"))
    print("| model | settings | on shares | scikit-learn, the same rows |\n| --- | --- | --- | --- |")
    with Cluster(folder) as cluster:
        for name in wanted:
            jobs[name](cluster)
    shutil.rmtree(folder)


main()
