"""A laboratory that is none: an amination of an aryl bromide over a palladium catalyst, as a system of rate equations.

With A the bromide (0.2 mol/L at the start), B the amine, P the product and c the catalyst that is still alive::

    A + B -> P      k1 c A B / (B + K)     the coupling
    A + P -> PP     k2 c A P / (B + K)     the product is itself an amine, and competes for the catalyst
    A -> ArH        k3 c A                 a hydride takes the amine's place
    A -> ArOH       k4 A                   hydroxide does, with no catalyst at all
    c -> dead       k5 c

Each k follows Arrhenius' law. The numbers are made up, of sizes as they occur; the names of the reagents are there to be read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

Config = Mapping[str, str | float]

REAGENTS = ["ligand", "base", "solvent"]
CONDITIONS = ["temp", "minutes", "equiv"]  # °C, minutes, mol of the amine for each of the bromide
GAS = 8.314e-3  # kJ / mol K
REFERENCE = 353.15  # K, at which rates are stated
BROMIDE = 0.2  # mol/L
LOADING = 0.004  # mol/L of catalyst, 2 mol %
SATURATION = 0.15  # mol/L of amine at which half of the catalyst is occupied
NOISE = {"yield": 1.0, "impurity": 0.3}  # standard deviation of the analysis, in percentage points


class Catalyst(NamedTuple):
    """At 80 °C: `coupling` k1 and `hydride` k3 in L / mol s, `again` k2 / k1, `death` k5 in 1/s; `energy` of k1 in kJ/mol."""

    coupling: float
    energy: float
    again: float
    hydride: float
    death: float


LIGANDS = {
    "XPhos": Catalyst(0.40, 80.0, 0.35, 0.020, 1.5e-4),
    "RuPhos": Catalyst(0.28, 72.0, 0.10, 0.015, 1.0e-4),
    "BINAP": Catalyst(0.10, 88.0, 0.06, 0.030, 0.3e-4),
    "P(tBu)3": Catalyst(0.70, 65.0, 0.60, 0.060, 6.0e-4),
}
BASES = {"K3PO4": (0.6, 0.1e-5), "Cs2CO3": (1.0, 0.3e-5), "NaOtBu": (1.6, 2.5e-5)}  # factor of k1; k4 at 80 °C, 1/s
SOLVENTS = {"toluene": (0.8, 0.5), "dioxane": (1.0, 1.0), "DMF": (0.7, 3.0), "tBuOH": (1.2, 1.4)}  # factors of k1, and of k3 and k4
SOLUBILITY = {("K3PO4", "toluene"): 0.4, ("K3PO4", "DMF"): 1.5, ("Cs2CO3", "toluene"): 0.7, ("NaOtBu", "DMF"): 0.6}


def measured(config: Config) -> dict[str, float]:
    """Yield and impurity in per cent of the bromide, as an analysis with its error gives them: the same at each repetition."""
    key = [*(str(config[name]) for name in REAGENTS), *(f"{float(config[name]):.6g}" for name in CONDITIONS)]
    random = np.random.default_rng(list(",".join(key).encode()))
    return {
        name: round(float(np.clip(true + NOISE[name] * random.standard_normal(), 0.0, 100.0)), 2)
        for name, true in outcome(config).items()
    }


def outcome(config: Config) -> dict[str, float]:
    """Yield and impurity in per cent of the bromide, after the reaction's time."""
    rates = _rates(config)
    start = [BROMIDE, BROMIDE * float(config["equiv"]), 0.0, 0.0, 1.0]
    end = solve_ivp(_slopes, (0.0, 60.0 * float(config["minutes"])), start, method="LSODA", args=(rates,), rtol=1e-8, atol=1e-10)
    _, _, product, impurity, _ = end.y[:, -1]
    return {"yield": 100.0 * float(product) / BROMIDE, "impurity": 100.0 * float(impurity) / BROMIDE}


def _rates(config: Config) -> tuple[float, float, float, float, float]:
    catalyst = LIGANDS[str(config["ligand"])]
    base, solvent = str(config["base"]), str(config["solvent"])
    strength, hydroxide = BASES[base]
    speed, harm = SOLVENTS[solvent]
    inverse = (1.0 / REFERENCE - 1.0 / (float(config["temp"]) + 273.15)) / GAS
    coupling = LOADING * catalyst.coupling * strength * speed * SOLUBILITY.get((base, solvent), 1.0)
    return (
        coupling * math.exp(catalyst.energy * inverse),
        coupling * catalyst.again * math.exp((catalyst.energy + 15.0) * inverse),
        LOADING * catalyst.hydride * harm * math.exp(105.0 * inverse),
        hydroxide * harm * math.exp(95.0 * inverse),
        catalyst.death * math.exp(110.0 * inverse),
    )


def _slopes(_: float, state: NDArray[np.float64], rates: tuple[float, float, float, float, float]) -> list[float]:
    bromide, amine, product, _impurity, alive = state
    k1, k2, k3, k4, k5 = rates
    occupied = amine + product + SATURATION
    once, twice = k1 * alive * bromide * amine / occupied, k2 * alive * bromide * product / occupied
    lost = (k3 * alive + k4) * bromide
    return [-once - twice - lost, -once, once - twice, 2.0 * twice + lost, -k5 * alive]
