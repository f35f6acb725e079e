"""The fifty exports: which model is trained on what, and which converter writes it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier

Converter = Callable[[Any, Dataset], bytes]


@dataclass(frozen=True)
class Export:
    name: str
    # Name of a data set.
    data: str
    model: Any
    converter: Converter
    # classification or regression
    task: str = "classification"
    # Trained on a frame with named columns, and not on one array.
    frame: bool = False

    def given(self, features):
        return features if self.frame else features.to_numpy()

    def train(self, dataset: Dataset) -> Any:
        label = dataset.label.to_numpy()
        if label.dtype.kind not in "ifb":
            label = label.astype(str).astype(object) if self.task == "classification" else label
        return self.model.fit(self.given(dataset.features), label)

    def convert(self, model, dataset: Dataset) -> bytes:
        return self.converter(model, dataset)

    def predict(self, model, rows):
        return model.predict(self.given(rows))

    def predict_proba(self, model, rows):
        return model.predict_proba(self.given(rows))

    def classes(self, model, dataset: Dataset):
        return model.classes_

    def as_exported(self, predictions):
        """What the graph's label output says: to all converters, booleans are numbers."""
        if predictions and isinstance(predictions[0], bool):
            return [int(value) for value in predictions]
        return predictions


def _float_matrix(dataset: Dataset):
    from skl2onnx.common.data_types import FloatTensorType

    return [("float_input", FloatTensorType([None, len(dataset.features.columns)]))]


def skl(model, dataset: Dataset) -> bytes:
    """convert_sklearn as its own front page shows it: one matrix, ZipMap on."""
    from skl2onnx import convert_sklearn

    return convert_sklearn(model, initial_types=_float_matrix(dataset)).SerializeToString()


def skl_no_zipmap(model, dataset: Dataset) -> bytes:
    from skl2onnx import convert_sklearn

    options = {id(model): {"zipmap": False}}
    return convert_sklearn(model, initial_types=_float_matrix(dataset), options=options).SerializeToString()


def skl_to_onnx(model, dataset: Dataset) -> bytes:
    """to_onnx with a sample: an array becomes one input named X."""
    from skl2onnx import to_onnx

    return to_onnx(model, dataset.features.head(1).to_numpy()).SerializeToString()


def skl_frame(model, dataset: Dataset) -> bytes:
    """to_onnx with a sample that is a frame: one input a column, with the column's name and type."""
    from skl2onnx import to_onnx

    return to_onnx(model, dataset.features.head(1)).SerializeToString()


def skl_frame_no_zipmap(model, dataset: Dataset) -> bytes:
    from skl2onnx import to_onnx

    options = {id(model): {"zipmap": False}}
    return to_onnx(model, dataset.features.head(1), options=options).SerializeToString()


def _tool_matrix(dataset: Dataset):
    from onnxmltools.convert.common.data_types import FloatTensorType

    return [("input", FloatTensorType([None, len(dataset.features.columns)]))]


def lgbm(model, dataset: Dataset) -> bytes:
    from onnxmltools import convert_lightgbm

    return convert_lightgbm(model, initial_types=_tool_matrix(dataset)).SerializeToString()


def lgbm_no_zipmap(model, dataset: Dataset) -> bytes:
    from onnxmltools import convert_lightgbm

    return convert_lightgbm(model, initial_types=_tool_matrix(dataset), zipmap=False).SerializeToString()


def xgb(model, dataset: Dataset) -> bytes:
    from onnxmltools import convert_xgboost

    return convert_xgboost(model, initial_types=_tool_matrix(dataset)).SerializeToString()


def catboost(model, dataset: Dataset) -> bytes:
    """CatBoost's own export."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.onnx"
        model.save_model(str(file), format="onnx")
        return file.read_bytes()


def _lightgbm(kind: str, **options):
    import lightgbm

    return getattr(lightgbm, kind)(n_estimators=12, num_leaves=8, verbose=-1, random_state=7, n_jobs=1, **options)


def _xgboost(kind: str, **options):
    import xgboost

    return getattr(xgboost, kind)(n_estimators=12, max_depth=3, random_state=7, n_jobs=1, **options)


def _catboost(kind: str, **options):
    import catboost as library

    settings = dict(iterations=15, depth=3, verbose=False, random_seed=7, thread_count=1, allow_writing_files=False)
    return getattr(library, kind)(**settings, **options)


def _mixed(model, *, ordinal: bool = False, more: list[str] | None = None):
    """A pipeline over columns of several types, as in scikit-learn's user guide."""
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    if ordinal:
        encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = [
        ("text", encoder, ["carrier", "origin"]),
        ("numbers", StandardScaler(), ["month", "distance", "sched_hour"]),
        ("gaps", make_pipeline(SimpleImputer(), StandardScaler()), more or []),
    ]
    return make_pipeline(ColumnTransformer([each for each in columns if each[2]]), model)


SMALL = dict(n_estimators=10, max_depth=4, random_state=7)

EXPORTS = [
    # scikit-learn, one matrix, ZipMap as it comes
    Export("logistic-iris-names", "iris-names", LogisticRegression(max_iter=2000), skl),
    Export("logistic-iris-numbers", "iris-numbers", LogisticRegression(max_iter=2000), skl),
    Export("logistic-cancer", "cancer-numbers", make_pipeline(StandardScaler(), LogisticRegression()), skl),
    Export("logistic-cancer-names", "cancer-names", make_pipeline(StandardScaler(), LogisticRegression()), skl),
    Export("logistic-cancer-booleans", "cancer-booleans", make_pipeline(StandardScaler(), LogisticRegression()), skl),
    Export("forest-wine-names", "wine-names", RandomForestClassifier(**SMALL), skl),
    Export("forest-wine-numbers", "wine-numbers", RandomForestClassifier(**SMALL), skl_to_onnx),
    Export("forest-digits", "digits", RandomForestClassifier(**SMALL), skl),
    Export("forest-cancer-booleans", "cancer-booleans", RandomForestClassifier(**SMALL), skl),
    Export("extra-trees-iris", "iris-names", ExtraTreesClassifier(**SMALL), skl),
    Export("boosting-cancer", "cancer-names", GradientBoostingClassifier(n_estimators=12, random_state=7), skl),
    Export("boosting-wine", "wine-numbers", GradientBoostingClassifier(n_estimators=8, random_state=7), skl),
    Export("histogram-boosting-iris", "iris-numbers", HistGradientBoostingClassifier(max_iter=10), skl),
    Export("histogram-boosting-cancer", "cancer-numbers", HistGradientBoostingClassifier(max_iter=12), skl),
    Export("histogram-boosting-rain", "weather-rain", HistGradientBoostingClassifier(max_iter=12), skl),
    Export("imputed-logistic-rain", "weather-rain",
           make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()), skl),
    Export("svc-iris", "iris-names", SVC(probability=True, random_state=7), skl),
    Export("svc-cancer", "cancer-numbers", make_pipeline(StandardScaler(), SVC(probability=True, random_state=7)), skl),
    Export("neighbors-iris", "iris-names", KNeighborsClassifier(), skl),
    Export("neighbors-wine", "wine-numbers", make_pipeline(MinMaxScaler(), KNeighborsClassifier()), skl_to_onnx),
    Export("perceptron-wine", "wine-names",
           make_pipeline(StandardScaler(), MLPClassifier((12,), max_iter=600, random_state=7)), skl),
    Export("perceptron-digits", "digits", make_pipeline(MinMaxScaler(), MLPClassifier((16,), random_state=7)), skl),
    Export("tree-iris", "iris-numbers", DecisionTreeClassifier(max_depth=4, random_state=7), skl),
    Export("bayes-wine", "wine-names", GaussianNB(), skl),
    Export("ada-boost-cancer", "cancer-names", AdaBoostClassifier(n_estimators=10, random_state=7), skl),
    Export("bagging-iris", "iris-names",
           BaggingClassifier(DecisionTreeClassifier(max_depth=3), n_estimators=5, random_state=7), skl),
    Export("voting-iris", "iris-names",
           VotingClassifier([("line", LogisticRegression(max_iter=2000)), ("tree", DecisionTreeClassifier(max_depth=3))],
                            voting="soft", flatten_transform=False), skl),
    # ZipMap off
    Export("logistic-iris-tensor", "iris-names", LogisticRegression(max_iter=2000), skl_no_zipmap),
    Export("forest-cancer-tensor", "cancer-numbers", RandomForestClassifier(**SMALL), skl_no_zipmap),
    # one input a column
    Export("logistic-iris-columns", "iris-names", make_pipeline(StandardScaler(), LogisticRegression()), skl_frame,
           frame=True),
    Export("mixed-logistic-late", "flights-late", _mixed(LogisticRegression()), skl_frame, frame=True),
    Export("mixed-forest-late", "flights-late-text", _mixed(RandomForestClassifier(**SMALL), ordinal=True), skl_frame,
           frame=True),
    Export("mixed-boosting-late-tensor", "flights-late-text",
           _mixed(GradientBoostingClassifier(n_estimators=10, random_state=7)), skl_frame_no_zipmap,
           frame=True),
    # regression
    Export("linear-diabetes", "diabetes", LinearRegression(), skl, "regression"),
    Export("ridge-diabetes", "diabetes-index", make_pipeline(StandardScaler(), Ridge()), skl, "regression"),
    Export("mixed-ridge-delay", "flights-delay", _mixed(Ridge(), more=["dep_delay"]), skl_frame, "regression",
           frame=True),
    Export("forest-diabetes", "diabetes", RandomForestRegressor(**SMALL), skl, "regression"),
    Export("boosting-diabetes", "diabetes-index", GradientBoostingRegressor(n_estimators=15, random_state=7), skl,
           "regression"),
    Export("histogram-boosting-diabetes", "diabetes", HistGradientBoostingRegressor(max_iter=15), skl, "regression"),
    Export("svr-diabetes", "diabetes", make_pipeline(StandardScaler(), SVR(C=50)), skl, "regression"),
    # other libraries
    Export("lightgbm-iris", "iris-numbers", _lightgbm("LGBMClassifier"), lgbm),
    Export("lightgbm-cancer", "cancer-numbers", _lightgbm("LGBMClassifier"), lgbm),
    Export("lightgbm-wine-tensor", "wine-names", _lightgbm("LGBMClassifier"), lgbm_no_zipmap),
    Export("lightgbm-diabetes", "diabetes", _lightgbm("LGBMRegressor"), lgbm, "regression"),
    Export("xgboost-iris", "iris-numbers", _xgboost("XGBClassifier"), xgb),
    Export("xgboost-cancer", "cancer-numbers", _xgboost("XGBClassifier"), xgb),
    Export("xgboost-diabetes", "diabetes-index", _xgboost("XGBRegressor"), xgb, "regression"),
    Export("catboost-cancer", "cancer-numbers", _catboost("CatBoostClassifier"), catboost),
    Export("catboost-wine-names", "wine-names", _catboost("CatBoostClassifier"), catboost),
    Export("catboost-diabetes", "diabetes", _catboost("CatBoostRegressor"), catboost, "regression"),
]
