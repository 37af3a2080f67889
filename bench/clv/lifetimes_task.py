"""One task of the bench by Python lifetimes: `fit-bg DIR`, `fit-pareto DIR` or `value DIR`. Prints JSON.

DIR holds one file per column, as numpy reads it, and params.json. lifetimes is used as its documentation shows, at its defaults.
"""

import json
import os
import resource
import sys
import warnings

import numpy as np
import pandas as pd
from lifetimes import BetaGeoFitter, GammaGammaFitter, ParetoNBDFitter

warnings.simplefilter("ignore")


def column(folder, name, dtype):
    return np.fromfile(os.path.join(folder, name + ".bin"), dtype=dtype)


def fit(model, folder):
    x = column(folder, "x", "<i4")
    tx = column(folder, "txDays", "<i4")
    tenure = column(folder, "tenureDays", "<i4")
    # ParetoNBDFitter starts from random parameters
    np.random.seed(1)
    fitter = model().fit(x, tx, tenure)
    loss = fitter._negative_log_likelihood_
    # lifetimes scales time before it fits, and keeps a mean for one model and a sum for the other
    scaled = -loss if model is ParetoNBDFitter else -loss * len(x)
    return {
        "params": fitter.params_.to_dict(),
        "logLikelihood": float(scaled + x.sum() * np.log(fitter._scale)),
    }


def value(folder):
    with open(os.path.join(folder, "params.json")) as file:
        params = json.load(file)
    x = pd.Series(column(folder, "x", "<i4"))
    tx = pd.Series(column(folder, "txDays", "<i4"))
    tenure = pd.Series(column(folder, "tenureDays", "<i4"))
    mean = column(folder, "repeatNetMinor", "<f8") / 100 / np.maximum(x, 1)
    purchases = BetaGeoFitter()
    purchases.params_ = pd.Series(params["purchases"])
    purchases.predict = purchases.conditional_expected_number_of_purchases_up_to_time
    spend = GammaGammaFitter()
    spend.params_ = pd.Series(params["spend"])
    alive = purchases.conditional_probability_alive(x, tx, tenure)
    expected = purchases.predict(365, x, tx, tenure)
    average = spend.conditional_expected_average_profit(x, mean)
    clv = spend.customer_lifetime_value(purchases, x, tx, tenure, mean, time=12, discount_rate=0.01, freq="D")
    columns = {"pAlive": alive, "expected": expected, "spend": average, "clv": clv}
    return {"sums": {name: float(np.sum(values)) for name, values in columns.items()}}


def main(task, folder):
    if task == "value":
        found = value(folder)
    else:
        found = fit({"fit-bg": BetaGeoFitter, "fit-pareto": ParetoNBDFitter}[task], folder)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    found["userMs"] = usage.ru_utime * 1000
    found["systemMs"] = usage.ru_stime * 1000
    found["peakMb"] = usage.ru_maxrss / 1024
    print(json.dumps(found))


main(sys.argv[1], sys.argv[2])
