"""Trains and exports the models of this folder, each as its library and converter do by default.

    python -m venv .venv && .venv/bin/pip install -r test/exports/requirements.txt
    .venv/bin/python test/exports/make_exports.py

Writes models/NAME.onnx, data/DATASET.csv and answers.json: for each export the data set, the label, the classes, and
what the library itself predicts for the first rows of the data. An export that ONNX Runtime answers otherwise than its
library is no export to hold anything to: the script ends there.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
from datasets import Dataset, load
from exports import EXPORTS, Export

HERE = Path(__file__).parent
# Rows that are answered.
ANSWERED = 20
TOLERANCE = 1e-4


def plain(values) -> list:
    """Values as JSON has them: numbers, texts, booleans."""
    return np.asarray(values).tolist()


def feeds(session: onnxruntime.InferenceSession, features: pd.DataFrame) -> dict[str, np.ndarray]:
    """One array a column, or all columns in one, as the graph asks."""
    types = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64}
    inputs = session.get_inputs()
    if len(inputs) == 1 and len(features.columns) > 1:
        return {inputs[0].name: features.to_numpy().astype(types[inputs[0].type])}
    # By place: skl2onnx changes names of columns that are no identifiers, "petal width (cm)" to petal_width__cm_.
    return {
        each.name: features[[column]].to_numpy().astype(types.get(each.type, object))
        for each, column in zip(inputs, features.columns, strict=True)
    }


def scores(output) -> np.ndarray:
    """Probabilities as an array, whether they came as one or as a map a row."""
    if isinstance(output, list):
        return np.array([list(row.values()) for row in output])
    return np.asarray(output)


def check(export: Export, answers: dict, given: bytes, rows: pd.DataFrame) -> None:
    session = onnxruntime.InferenceSession(given, providers=["CPUExecutionProvider"])
    outputs = session.run(None, feeds(session, rows))
    expected = answers.get("probabilities", answers["predictions"])
    found = scores(outputs[1 if "probabilities" in answers else 0])
    if export.task == "regression":
        found = found.reshape(-1)
    difference = np.abs(found - np.array(expected)).max()
    scale = max(1, float(np.abs(np.array(expected)).max())) if export.task == "regression" else 1
    if difference > TOLERANCE * scale:
        raise SystemExit(f"{export.name}: ONNX Runtime differs from the library by {difference}")
    if export.task != "regression" and [str(v) for v in plain(outputs[0])] != [
        str(v) for v in export.as_exported(answers["predictions"])
    ]:
        raise SystemExit(f"{export.name}: ONNX Runtime predicts other classes than the library")


def make(export: Export, dataset: Dataset) -> dict:
    model = export.train(dataset)
    given = export.convert(model, dataset)
    rows = dataset.features.head(ANSWERED)
    predictions = np.asarray(export.predict(model, rows)).reshape(-1)
    answers: dict = {
        "data": dataset.name,
        "label": dataset.label.name,
        "task": export.task,
        "predictions": plain(predictions),
    }
    if export.task == "classification":
        answers["classes"] = plain(export.classes(model, dataset))
        answers["probabilities"] = plain(np.asarray(export.predict_proba(model, rows), dtype=np.float64).round(9))
    check(export, answers, given, rows)
    (HERE / "models" / f"{export.name}.onnx").write_bytes(given)
    return answers


def main() -> None:
    warnings.filterwarnings("ignore")
    for folder in ("models", "data"):
        (HERE / folder).mkdir(exist_ok=True)
    sets = load()
    wanted = sys.argv[1:]
    answers = {}
    for export in EXPORTS:
        if wanted and export.name not in wanted:
            continue
        answers[export.name] = make(export, sets[export.data])
        size = (HERE / "models" / f"{export.name}.onnx").stat().st_size
        print(f"{export.name:40} {size:8} bytes", flush=True)
    for name in sorted({answer["data"] for answer in answers.values()}):
        (HERE / "data" / f"{name}.csv").write_text(sets[name].csv())
    if not wanted:
        lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(answer)}" for name, answer in answers.items())
        (HERE / "answers.json").write_text("{\n" + lines + "\n}\n")
    print(f"{len(answers)} exports")


if __name__ == "__main__":
    main()
