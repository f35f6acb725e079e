"""Known answers for core/quality: scikit-learn's and scipy's metrics of real predictions, and of cases at the edge.
Writes oracles.json beside itself. Nothing of the tallies is used, except the 1,000 bins by which calibration is grouped.

    pip install -r test/core/quality/requirements.txt && python test/core/quality/oracles.py && npm run format

Predictions: two versions of models/flight-delay on its five days of storms (binary), models/air-time on its autumn
(regression), and a classifier trained here to tell the carrier of a flight by route, time and seats (16 classes).
"""

import json
import math
import pathlib
import warnings

import numpy as np
import onnxruntime
import pandas as pd
from scipy import stats
from sklearn import metrics
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

HERE = pathlib.Path(__file__).parent
MODELS = HERE.parents[2] / "models"
NAN = float("nan")
BINS = 1000
GROUPS = 15
warnings.filterwarnings("ignore")


def defined(value):
    """JSON has no NaN: not defined."""
    return None if value is None or math.isnan(value) else float(value)


def run(folder, output, frame):
    """A model's output for rows of a CSV file, each column an input of its own type."""
    session = onnxruntime.InferenceSession(str(MODELS / folder / "model.onnx"))
    kinds = {"tensor(string)": str, "tensor(int64)": np.int64, "tensor(float)": np.float32, "tensor(bool)": bool}
    feeds = {}
    for each in session.get_inputs():
        column = frame[each.name]
        if each.type == "tensor(string)":
            column = column.fillna("")
        feeds[each.name] = column.to_numpy().astype(kinds[each.type]).reshape(-1, 1)
        if each.type == "tensor(string)":
            feeds[each.name] = feeds[each.name].astype(object)
    return session.run([output], feeds)[0]


# ---------------------------------------------------------------- binary


def calibration_error(hit, p):
    """Groups by whole bins of a thousandth, by where the middle of a bin's rows falls; means of the probabilities."""
    bins = np.minimum(BINS - 1, np.floor(p * BINS)).astype(int)
    counts = np.bincount(bins, minlength=BINS)
    before = np.cumsum(counts) - counts
    group = np.minimum(GROUPS - 1, np.floor(GROUPS * (before + counts / 2) / len(p))).astype(int)[bins]
    parts = [group == g for g in np.unique(group)]
    return sum(part.sum() * abs(hit[part].mean() - p[part].mean()) for part in parts) / len(p)


def binary(y, p, threshold):
    y, p = np.asarray(y, int), np.asarray(p, float)
    scored = np.isfinite(p)
    # What has no score was decided neither way: a third class that is never true.
    decided = np.where(scored, (np.nan_to_num(p) >= threshold).astype(int), 2)
    both = len(set(y)) == 2
    one = dict(labels=[1], average="macro", zero_division=np.nan)
    alike = len(set(y)) == 1 or len(set(decided)) == 1
    ys, ps = y[scored], p[scored]
    ranked = len(set(ys)) == 2
    clipped = np.clip(ps, 1e-15, 1 - 1e-15)
    return {
        "errorRate": 1 - metrics.accuracy_score(y, decided),
        "accuracy": metrics.accuracy_score(y, decided),
        "balancedAccuracy": defined(metrics.recall_score(y, decided, labels=[0, 1], average="macro") if both else NAN),
        "precision": defined(metrics.precision_score(y, decided, **one)),
        "recall": defined(metrics.recall_score(y, decided, **one)),
        "specificity": defined(metrics.recall_score(y, decided, **{**one, "labels": [0]})),
        "f1": defined(metrics.f1_score(y, decided, **one)),
        "mcc": defined(NAN if alike else metrics.matthews_corrcoef(y, decided)),
        "invalidRate": float(1 - scored.mean()),
        "rocAuc": defined(metrics.roc_auc_score(ys, ps) if ranked else NAN),
        "prAuc": defined(metrics.average_precision_score(ys, ps) if ys.any() else NAN),
        "brier": defined(metrics.brier_score_loss(ys, ps, labels=[0, 1], pos_label=1) if len(ys) else NAN),
        "logLoss": defined(metrics.log_loss(ys, clipped, labels=[0, 1]) if len(ys) else NAN),
        "calibrationError": defined(calibration_error(ys, ps) if len(ys) else NAN),
    }


def wilson(successes, n):
    low, high = stats.binomtest(successes, n).proportion_ci(0.95, method="wilson")
    return {"successes": successes, "n": n, "low": low, "high": high}


EDGES = {
    "one class, all positive": ([1, 1, 1, 1], [0.9, 0.2, 0.6, 0.5], 0.5),
    "one class, all negative": ([0, 0, 0], [0.9, 0.2, 0.4], 0.5),
    "constant scores": ([0, 1, 1, 0, 1], [0.3] * 5, 0.5),
    "ties": ([0, 1, 0, 1, 1, 0, 1, 0], [0.2, 0.2, 0.5, 0.5, 0.5, 0.8, 0.8, 0.2], 0.5),
    "no predicted positives": ([0, 1, 0, 1], [0.1, 0.3, 0.2, 0.15], 0.5),
    "two rows": ([0, 1], [0.25, 0.75], 0.5),
    "two rows, the wrong way": ([0, 1], [0.75, 0.25], 0.5),
    "perfect": ([0, 0, 1, 1], [0.0, 0.0, 1.0, 1.0], 0.5),
    "one row": ([1], [0.7], 0.5),
    "sure and wrong": ([0, 1, 1], [1.0, 0.0, 1.0], 0.5),
    "scores that are none": ([0, 1, 1, 0, 1, 0], [0.1, NAN, 0.8, NAN, 0.4, 0.6], 0.5),
    "no score at all": ([0, 1], [NAN, NAN], 0.5),
}


def flights():
    frame = pd.read_csv(MODELS / "flight-delay/data/traffic-storm.csv")
    frame = frame[frame.late.notna()].iloc[::3]
    y = frame.late.astype(int).to_numpy()
    first, third = (np.round(run(f"flight-delay/{v}", "probabilities", frame)[:, 1].astype(float), 6) for v in ("v1", "v3"))
    return y, first, third


# ---------------------------------------------------------------- several classes


def carriers():
    columns = ["origin", "dest", "distance", "departure_minute", "seats"]
    train = pd.read_csv(MODELS / "flight-delay/data/traffic-summer.csv")
    test = pd.read_csv(MODELS / "flight-delay/data/2013-07.csv").iloc[::16]
    texts = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    encode = make_column_transformer((texts, ["origin", "dest"]), remainder="passthrough")
    # Few and shallow trees: enough to be wrong now and then.
    trees = HistGradientBoostingClassifier(max_iter=12, max_leaf_nodes=8, random_state=7)
    model = make_pipeline(encode, trees).fit(train[columns], train.carrier)
    p = np.round(model.predict_proba(test[columns]), 4)
    top = p.argmax(axis=1)
    p[np.arange(len(p)), top] = np.round(p[np.arange(len(p)), top] + 1 - p.sum(axis=1), 4)
    classes = list(model.classes_)
    known = test.carrier.isin(classes).to_numpy()
    return classes, np.array([classes.index(c) for c in test.carrier[known]]), p[known]


def several(classes, y, p, decided):
    labels = list(range(len(classes)))
    each = dict(labels=labels, average=None, zero_division=np.nan)
    macro = {**each, "average": "macro"}
    top = p.max(axis=1)
    return {
        "errorRate": 1 - metrics.accuracy_score(y, decided),
        "accuracy": metrics.accuracy_score(y, decided),
        "macroPrecision": metrics.precision_score(y, decided, **macro),
        "macroRecall": metrics.recall_score(y, decided, **macro),
        "macroF1": metrics.f1_score(y, decided, **macro),
        "kappa": metrics.cohen_kappa_score(y, decided),
        "brier": metrics.brier_score_loss(y, p, labels=labels, scale_by_half=False),
        "logLoss": metrics.log_loss(y, np.clip(p, 1e-15, 1 - 1e-15), labels=labels),
        "calibrationError": calibration_error((decided == y).astype(int), top),
    }, {
        "precision": [defined(v) for v in metrics.precision_score(y, decided, **each)],
        "recall": [defined(v) for v in metrics.recall_score(y, decided, **each)],
        "f1": [defined(v) for v in metrics.f1_score(y, decided, **each)],
    }


# ---------------------------------------------------------------- regression

TOLERANCE = 15


def air_times():
    frame = pd.read_csv(MODELS / "air-time/data/traffic-autumn.csv").iloc[::3]
    frame["weekend"] = frame.weekend.astype(str).str.lower() == "true"
    return frame.air_time.to_numpy(float), np.round(run("air-time/v1", "minutes", frame)[:, 0].astype(float), 4)


def regression(y, guess):
    absolute = np.abs(guess - y)
    return {
        "mae": metrics.mean_absolute_error(y, guess),
        "rmse": metrics.root_mean_squared_error(y, guess),
        "bias": float((guess - y).mean()),
        "r2": metrics.r2_score(y, guess),
        "medianAbsoluteError": float(np.quantile(absolute, 0.5, method="inverted_cdf")),
        "p90AbsoluteError": float(np.quantile(absolute, 0.9, method="inverted_cdf")),
        "withinTolerance": float((absolute <= TOLERANCE).mean()),
        "errorRate": float((absolute > TOLERANCE).mean()),
    }


# ---------------------------------------------------------------- two versions


def paired(y, first, second, threshold):
    wrong = [((p >= threshold).astype(int) != y) for p in (first, second)]
    only = [int((wrong[0] & ~wrong[1]).sum()), int((wrong[1] & ~wrong[0]).sum())]
    losses = [(p - y) ** 2 for p in (first, second)]
    difference = losses[1] - losses[0]
    low, high = stats.norm.interval(0.95, difference.mean(), stats.sem(difference))
    same = int(((first >= threshold) == (second >= threshold)).sum())
    return {
        "bothRight": int((~wrong[0] & ~wrong[1]).sum()),
        "bothWrong": int((wrong[0] & wrong[1]).sum()),
        "onlyFirstWrong": only[0],
        "onlySecondWrong": only[1],
        "mcnemar": stats.binomtest(only[0], sum(only)).pvalue,
        "brier": {"mean": float(difference.mean()), "low": low, "high": high},
        "agreement": {"alike": same, "n": len(y)},
        "spearman": stats.spearmanr(first, second).statistic,
    }


def main():
    y, first, third = flights()
    classes, truth, p = carriers()
    decided = p.argmax(axis=1)
    overall, each = several(classes, truth, p, decided)
    actual, guess = air_times()
    answers = {
        "binary": {
            "threshold": 0.35,
            "rows": [[int(a), float(b), float(c)] for a, b, c in zip(y, first, third)],
            "expected": binary(y, first, 0.35),
        },
        "edges": [
            {"name": name, "y": y, "p": [defined(v) for v in p], "threshold": t, "expected": binary(y, p, t)}
            for name, (y, p, t) in EDGES.items()
        ],
        "multiclass": {
            "classes": classes,
            "rows": [[int(a), *map(float, b)] for a, b in zip(truth, p)],
            "confusion": metrics.confusion_matrix(truth, decided, labels=range(len(classes))).tolist(),
            "expected": overall,
            "each": each,
        },
        "regression": {
            "tolerance": TOLERANCE,
            "rows": [[float(a), float(b)] for a, b in zip(actual, guess)],
            "expected": regression(actual, guess),
        },
        "paired": paired(y, first, third, 0.35),
        "wilson": [wilson(k, n) for k, n in [(0, 10), (10, 10), (3, 7), (50, 1000), (1, 2), (999, 1000)]],
        "mcnemar": [
            {"only": [a, b], "p": stats.binomtest(a, a + b).pvalue if a + b else 1.0}
            for a, b in [(0, 0), (1, 0), (5, 5), (2, 9), (40, 80), (900, 1100), (3000, 2900)]
        ],
        "spearman": [
            {"first": a, "second": b, "rho": stats.spearmanr(a, b).statistic}
            for a, b in [([1, 2, 3], [3, 2, 1]), ([1, 1, 2, 3], [1, 2, 2, 9]), ([0.5, 0.5, 0.1, 0.9, 0.3], [7, 6, 6, 8, 8])]
        ],
    }
    target = HERE / "oracles.json"
    target.write_text(json.dumps(answers, separators=(",", ":"), allow_nan=False) + "\n")
    print(f"{target.stat().st_size:,} bytes, {len(y)} binary, {len(truth)} of several classes, {len(actual)} estimates")
    for part in ("binary", "multiclass", "regression"):
        print(part, json.dumps(answers[part]["expected"], indent=1))
    print(json.dumps({k: v for k, v in answers["paired"].items()}, indent=1))


if __name__ == "__main__":
    main()
