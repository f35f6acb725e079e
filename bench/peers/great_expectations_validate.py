"""The rules of the benchmark's table as Great Expectations, over pandas: it says what is wrong, and writes nothing."""

import json
import os
import resource
import sys
import time

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd

FLOATS = [f"d{i}" for i in range(10)]
INTEGERS = [f"n{i}" for i in range(6)]
TEXTS = [f"s{i}" for i in range(4)]

started = time.perf_counter()
started_cpu = time.process_time()
frame = pd.read_csv(
    sys.argv[1],
    dtype={**dict.fromkeys(FLOATS, "float64"), **dict.fromkeys(INTEGERS, "Int64"), **dict.fromkeys(TEXTS, "str")},
)
expectations = [gxe.ExpectColumnValuesToNotBeNull(column=name) for name in FLOATS + INTEGERS + TEXTS]
expectations += [gxe.ExpectColumnValuesToBeBetween(column=name, min_value=0, max_value=1000) for name in FLOATS]
expectations += [gxe.ExpectColumnValuesToBeBetween(column=name, min_value=0, max_value=999) for name in INTEGERS]
allowed = [f"v{i}" for i in range(30)]
expectations += [gxe.ExpectColumnValuesToBeInSet(column=name, value_set=allowed) for name in TEXTS]

context = gx.get_context(mode="ephemeral")
asset = context.data_sources.add_pandas("table").add_dataframe_asset("table")
batch = asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": frame})
result = batch.validate(gx.ExpectationSuite(name="rules", expectations=expectations))
if result.success or len(result.results) != len(expectations):
    raise SystemExit("the table has rows that break rules, and none was found")
print(
    json.dumps(
        {
            "ms": (time.perf_counter() - started) * 1000,
            "cpuMs": (time.process_time() - started_cpu) * 1000,
            "peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    )
)
