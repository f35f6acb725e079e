"""Reference values of the normal mixture, by numerical integration and root finding: nothing of the closed forms that
core/experiment/sequential.ts uses. Writes mixture.json beside itself.

    pip install scipy==1.17.1 && python test/core/experiment/mixture.py
"""

import json
import math
import pathlib

from scipy import integrate, optimize, special, stats


def log_ratio(estimate, information, rho):
    """Of effects drawn from N(0, 1/rho) against no effect, for an estimate with variance 1/information."""
    prior = stats.norm(0, 1 / math.sqrt(rho))
    score = information * estimate
    log = lambda effect: effect * score - effect * effect * information / 2 + prior.logpdf(effect)
    centre, width = score / (information + rho), 1 / math.sqrt(information + rho)
    top = log(centre)
    value, _ = integrate.quad(
        lambda effect: math.exp(log(effect) - top), centre - 12 * width, centre + 12 * width, epsabs=0, epsrel=1e-12
    )
    return top + math.log(value)


def radius(information, alpha, rho):
    """The estimate at which the ratio reaches 1/alpha."""
    at = lambda estimate: log_ratio(estimate, information, rho) + math.log(alpha)
    high = 1 / math.sqrt(information)
    while at(high) < 0:
        high *= 2
    return optimize.brentq(at, 0, high, xtol=1e-14, rtol=1e-12)


def best_rho(information, alpha):
    """The precision whose radius is smallest at an information: Howard et al. (2021), by Lambert's W."""
    return information / (-special.lambertw(-alpha * alpha / math.e, -1).real - 1)


cases = [(i, a, r) for i in (1, 50, 2_000, 1e6) for a in (0.01, 0.05, 0.2) for r in (0.5, 30, 1e4)]
written = {
    "radius": [
        {"information": i, "alpha": a, "rho": r, "radius": radius(i, a, r), "ratio": math.exp(log_ratio(1.5 / math.sqrt(i), i, r))}
        for i, a, r in cases
    ],
    "rho": [
        {"information": 100, "alpha": a, "rho": best_rho(100, a), "radius": radius(100, a, best_rho(100, a))}
        for a in (0.001, 0.01, 0.05, 0.1, 0.2)
    ],
    "quantile": [{"p": p, "z": float(stats.norm.ppf(p))} for p in (1e-9, 0.001, 0.02, 0.3, 0.5, 0.8, 0.9, 0.975, 0.999)],
}
path = pathlib.Path(__file__).with_name("mixture.json")
path.write_text(json.dumps(written, indent=2) + "\n", encoding="utf8")
