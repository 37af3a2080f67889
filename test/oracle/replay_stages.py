"""Stage and p_return of every customer, from raw purchases and the epochs that `calibrations` prints.

Written from docs/lifecycle.md and docs/formulas.md alone; it shares no code with the engine. Every night of every customer is gone
through one by one, and q and p_return are computed anew on each. Python 3 with its standard library.

    perennial calibrations --from FIRST --to LAST --json > calibrations.json
    python3 replay_stages.py --calibrations calibrations.json [--stages stages.json] --date D [--date D ...] FILE...

FILE: sales as CSV with the columns customer_id and occurred_at, whose first ten characters are the business day. --stages: the section
`stages` of the configuration where it is not the default. Prints per date and customer a line {"as_of", "customer_id", "stage",
"p_return"}; p_return is null until the first accepted fit. The first calibration must be of the first date with data.

What it does not do: refunds, voids and late purchases (it is for purchases alone), models other than BG/NBD and MBG/NBD, and
thresholds that changed within the range.
"""

import argparse
import csv
import datetime
import json
import sys

STAGES = {
    "returnHorizonDays": 90,
    "loyalPurchaseDays": 4,
    "decliningQ": 0.5,
    "decliningSilenceDays": 14,
    "clearBandRatio": 0.2,
    "churnedQ": 0.2,
    "churnedReturnProbability": 0.1,
    "churnedSilenceDays": 30,
    "hardCapDays": 365,
    "dwellNights": 3,
    "fallbackDecliningDays": 180,
    "fallbackChurnedDays": 365,
}


def day_of(date):
    return datetime.date.fromisoformat(date).toordinal()


class Epoch:
    """A fitted model: the probability of a purchase within the horizon."""

    def __init__(self, record, horizon):
        if record["model"] not in ("mbg-nbd", "bg-nbd"):
            sys.exit(f"Epoch {record['id']}: model {record['model']}, expected mbg-nbd or bg-nbd.")
        p = record["params"]
        self.r, self.alpha, self.a, self.b = p["r"], p["alpha"], p["a"], p["b"]
        self.may_stop_at_once = record["model"] == "mbg-nbd"
        self.horizon = horizon

    def p_return(self, x, t_x, tenure):
        shape = self.r + x
        chances = x + 1 if self.may_stop_at_once else x
        odds = 0.0
        if chances > 0:
            odds = self.a / (self.b + chances - 1) * ((self.alpha + tenure) / (self.alpha + t_x)) ** shape
        alive = 1 / (1 + odds)
        return alive * (1 - ((self.alpha + tenure) / (self.alpha + tenure + self.horizon)) ** shape)


class Night:
    """What is in force on one night."""

    def __init__(self, record, rules, epochs):
        if record["baseline"] == "RULES_CHANGED":
            sys.exit(f"Calibration {record['date']}: the thresholds changed, expected one section stages for all dates.")
        self.is_baseline = record["baseline"] is not None
        self.rules = rules
        self.epoch = None
        if record["epoch"]:
            key = record["epoch"]["id"]
            if key not in epochs:
                epochs[key] = Epoch(record["epoch"], rules["returnHorizonDays"])
            self.epoch = epochs[key]

    def measure(self, customer, day):
        """(silence, q, p_return); the last two None under the fallback."""
        silence = day - customer.last
        if self.epoch is None:
            return silence, None, None
        x, t_x = customer.n - 1, customer.last - customer.first
        now = self.epoch.p_return(x, t_x, day - customer.first)
        return silence, now / self.epoch.p_return(x, t_x, t_x), now

    def declining(self, customer, day):
        """'holds', 'pending' or 'clear'."""
        silence, q, _ = self.measure(customer, day)
        rules = self.rules
        if q is None:
            return "holds" if silence >= rules["fallbackDecliningDays"] else "clear"
        if q >= rules["decliningQ"] * (1 + rules["clearBandRatio"]):
            return "clear"
        return "holds" if q < rules["decliningQ"] and silence >= rules["decliningSilenceDays"] else "pending"

    def gone(self, customer, day):
        silence, q, p = self.measure(customer, day)
        rules = self.rules
        if q is None:
            return silence >= rules["fallbackChurnedDays"]
        if silence >= rules["hardCapDays"]:
            return True
        is_unlikely = q < rules["churnedQ"] and p < rules["churnedReturnProbability"]
        return is_unlikely and silence >= rules["churnedSilenceDays"]


class Customer:
    def __init__(self):
        self.n, self.first, self.last = 0, None, None
        self.stage = None
        self.declining_nights = self.churn_nights = 0

    def enter(self, stage):
        if stage != self.stage:
            self.declining_nights = self.churn_nights = 0
        self.stage = stage

    def by_count(self, rules):
        if self.n == 1:
            return "new"
        return "growing" if self.n < rules["loyalPurchaseDays"] else "loyal"

    def restate(self, day, night):
        """A baseline night, on the facts of the day before."""
        if night.gone(self, day - 1):
            stage = "churned"
        elif night.declining(self, day - 1) == "holds":
            stage = "declining"
        else:
            stage = "returned" if self.stage == "returned" else self.by_count(night.rules)
        self.enter(stage)
        self.declining_nights = self.churn_nights = 0

    def buy(self, day, night):
        self.n += 1
        self.first = day if self.first is None else self.first
        self.last = day
        self.declining_nights = self.churn_nights = 0
        self.enter("returned" if self.stage == "churned" else self.by_count(night.rules))

    def be_silent(self, day, night):
        dwell = night.rules["dwellNights"]
        if self.stage == "churned":
            return
        if self.stage == "declining":
            self.churn_nights = self.churn_nights + 1 if night.gone(self, day) else 0
            if self.churn_nights >= dwell:
                self.enter("churned")
            return
        condition = night.declining(self, day)
        if condition == "clear":
            self.declining_nights = 0
        elif condition == "holds":
            self.declining_nights += 1
            if self.declining_nights >= dwell:
                self.enter("declining")


def purchase_days(files):
    days = {}
    for name in files:
        with open(name, newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                days.setdefault(row["customer_id"], set()).add(day_of(row["occurred_at"][:10]))
    return days


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--calibrations", required=True)
    parser.add_argument("--stages")
    parser.add_argument("--date", action="append", required=True)
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    rules = dict(STAGES)
    if options.stages:
        with open(options.stages, encoding="utf-8") as file:
            rules.update(json.load(file))
    with open(options.calibrations, encoding="utf-8") as file:
        records = json.load(file)
    epochs = {}
    nights = {day_of(record["date"]): Night(record, rules, epochs) for record in records}
    dates = sorted(day_of(date) for date in options.date)
    for customer_id, bought in sorted(purchase_days(options.files).items()):
        customer = Customer()
        for day in range(min(bought), dates[-1] + 1):
            night = nights[day]
            if night.is_baseline and customer.stage is not None:
                customer.restate(day, night)
            if day in bought:
                customer.buy(day, night)
            else:
                customer.be_silent(day, night)
            if day in dates:
                told = {
                    "as_of": datetime.date.fromordinal(day).isoformat(),
                    "customer_id": customer_id,
                    "stage": customer.stage,
                    "p_return": night.measure(customer, day)[2],
                }
                print(json.dumps(told))


main()
