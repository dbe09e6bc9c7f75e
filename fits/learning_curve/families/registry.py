"""The families by name."""

from __future__ import annotations

from fits.learning_curve.families.bnsl import BNSL
from fits.learning_curve.families.exp3 import Exp3
from fits.learning_curve.families.exp4 import Exp4
from fits.learning_curve.families.expd3 import Expd3
from fits.learning_curve.families.expp3 import Expp3
from fits.learning_curve.families.family import Family
from fits.learning_curve.families.ilog2 import ILog2
from fits.learning_curve.families.last1 import Last1
from fits.learning_curve.families.log2 import Log2
from fits.learning_curve.families.logpower3 import LogPower3
from fits.learning_curve.families.mmf4 import MMF4
from fits.learning_curve.families.pow2 import Pow2
from fits.learning_curve.families.pow3 import Pow3
from fits.learning_curve.families.pow4 import Pow4
from fits.learning_curve.families.vap3 import Vap3
from fits.learning_curve.families.wbl4 import Wbl4

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Pow2(),
        Pow3(),
        Pow4(),
        Log2(),
        Exp3(),
        Expp3(),
        Expd3(),
        Exp4(),
        ILog2(),
        Vap3(),
        LogPower3(),
        MMF4(),
        Wbl4(),
        BNSL(),
        Last1(),
    )
}
