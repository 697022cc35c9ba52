"""Reference values for test/unit/stats/least-absolute.test.ts, from SciPy 1.17.1 (HiGHS):

    cd test/unit/stats/reference && python3 make-least-absolute.py && npx biome format --write .

The least sum of w·|y − X·c| is the linear program that minimises Σ w·(u + v) subject to
y = X·c + u − v, u ≥ 0, v ≥ 0 (Bloomfield and Steiger 1983, section 1.2).
"""

import json
import random

from scipy.optimize import linprog

random.seed(20030724)


def fit(points, predictors):
    n = len(points)
    weights = [point["weight"] for point in points]
    equal = [
        point["x"] + [float(i == j) for j in range(n)] + [-float(i == j) for j in range(n)]
        for i, point in enumerate(points)
    ]
    result = linprog(
        [0.0] * predictors + weights + weights,
        A_eq=equal,
        b_eq=[point["y"] for point in points],
        bounds=[(None, None)] * predictors + [(0, None)] * (2 * n),
        method="highs",
    )
    assert result.status == 0, result.message
    return list(result.x[:predictors]), result.fun


def case(n, predictors):
    """So many ns an entry, and a kilobyte or a switch; every fifth metric has a cause of its own."""
    points = []
    for i in range(n):
        x = [float(random.randint(1, 5)), random.choice([0.0, 1.0, 2.0, 4.25, 64.0])][:predictors]
        base = random.choice([80.0, 340.0, 1200.0, 8800.0]) * random.uniform(0.9, 1.1)
        own = random.uniform(-0.5, 1.0) * base if i % 5 == 4 else 0.0
        y = sum(a * b for a, b in zip(x, [26.0, 11.0])) + base * random.gauss(0, 0.004) + own
        points.append({"x": x, "y": y, "weight": 1 / base})
    coefficients, error = fit(points, predictors)
    return {"points": points, "fit": coefficients, "error": error}


cases = [case(n, p) for p in (1, 2) for n in (4, 9, 17, 40, 65)]
with open("least-absolute.json", "w", encoding="utf-8") as file:
    json.dump(cases, file)
