"""The forecasts learned from finished curves."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from fits.learning_curve.families import combine
from fits.learning_curve.meta import LEVELS, LONGEST, forecast, shipped
from fits.learning_curve.meta.blocks import blocks
from fits.learning_curve.meta.curves import examples, read
from fits.learning_curve.meta.descent import first_values, gradient, learned
from fits.learning_curve.meta.file import loaded, save
from fits.learning_curve.meta.forecasting import FALL_OF_LOSSES
from fits.learning_curve.meta.network import FARTHEST, Network, scaling_of
from fits.learning_curve.meta.training import fold_models, train

DATA = Path(__file__).parents[4] / "shared" / "data" / "learning-curve"
X = np.geomspace(16, 2000, 40).round()

AXES = {
    "anchors": X,
    "six points": np.array([1.0, 2, 4, 8, 16, 32]),
    "sixty epochs": np.arange(1.0, 61),
    "a thousand steps": np.arange(1.0, 1001) * 1e6,
    "from a late start": 1e9 + np.arange(50.0),
    "from 0": np.arange(10.0),
    "a million steps": np.arange(1.0, 1_000_001),
}
CURVES = {
    "power law": lambda t: 0.1 + 0.8 * t**-0.5,
    "flat": lambda t: np.full(len(t), 0.3),
    "zero": lambda t: np.zeros(len(t)),
    "one": lambda t: np.ones(len(t)),
    "rising": lambda t: 1.0 - 0.9 * t**-0.2,
    "near zero": lambda t: 1e-7 * t**-0.3,
    "noise": lambda t: np.random.default_rng(0).random(len(t)),
    "step": lambda t: np.where(t < t[len(t) // 2], 0.9, 0.1),
}


def power_law(x: np.ndarray, floor: float = 0.1, power: float = 0.5) -> np.ndarray:
    return floor + 1.5 * x**-power


def table(path: Path, data_sets: int = 6) -> Path:
    """Noisy power laws in the format of LCDB."""
    rng = np.random.default_rng(3)
    lines = ["openmlid,learner,anchor,val_mean,val_se,test_mean"]
    for data_set in range(data_sets):
        for learner in ("a", "b", "c", "d"):
            y = power_law(X, 0.05 * data_set, 0.3 + 0.1 * rng.random()) + 0.005 * rng.standard_normal(len(X))
            lines += [f"{data_set},{learner},{x:g},{v:.4f},0.005,{v:.4f}" for x, v in zip(X, y, strict=True)]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_power_law_goes_on():
    for floor, power in ((0.1, 0.5), (0.02, 0.3), (0.3, 0.8)):
        found = forecast(X, power_law(X, floor, power), [4000, 10_000, 20_000])
        truth = power_law(np.array([4000, 10_000, 20_000]), floor, power)
        assert found.median[0] == pytest.approx(truth, abs=0.003)
        assert ((found.quantiles[0, :, 0] <= truth) & (truth <= found.quantiles[0, :, -1])).all()


@pytest.mark.parametrize("high", [1.0, np.inf])
@pytest.mark.parametrize("axis", AXES)
def test_any_curve_gets_ascending_quantiles_within_the_range(axis, high):
    x = AXES[axis]
    ys = np.stack([curve(np.maximum(x / x[1], 1.0)) for curve in CURVES.values()]) * (1.0 if high == 1.0 else 11.0)
    q = forecast(x, ys, x[-1] * np.array([1.01, 1.3, 4.0, 14.0, LONGEST]), high=high).quantiles
    assert q.shape == (len(CURVES), 5, len(LEVELS))
    assert np.isfinite(q).all()
    assert (np.diff(q, axis=-1) >= 0).all()
    assert q.min() >= 0
    assert q.max() <= high


def test_a_flat_curve_may_stay_flat():
    q = forecast(X, np.full(40, 0.3), [2500, 20_000]).quantiles[0]
    assert (q[:, 0] <= 0.3).all()
    assert (q[:, -1] >= 0.3 - 1e-9).all()
    assert q[0, LEVELS.index(0.5)] == pytest.approx(0.3, abs=0.01)


def test_the_forecast_bends_but_does_not_jump():
    rng = np.random.default_rng(1)
    ys = power_law(X) + 0.01 * rng.standard_normal((10, len(X)))
    q = forecast(X, ys, X[-1] * np.geomspace(1.01, LONGEST, 50)).quantiles
    width = (q[..., -1] - q[..., 0]).max(axis=1)
    assert (np.abs(np.diff(q, axis=1)).max(axis=(1, 2)) < 0.2 * width).all()


@pytest.mark.parametrize("unit", [1e-3, 1.0, 7e4])
def test_the_unit_of_a_loss_does_not_matter(unit):
    one = forecast(X, 3 * power_law(X), [9000], high=np.inf).quantiles
    assert forecast(X, 3 * unit * power_law(X), [9000], high=np.inf).quantiles == pytest.approx(unit * one, rel=1e-3)


def test_a_loss_may_fall_farther_than_an_error_rate():
    y = 3 * power_law(X)
    loss, rate = (forecast(X, y, [9000], high=high).quantiles[0, 0] for high in (np.inf, y.max()))
    assert loss[2:] == pytest.approx(rate[2:])
    assert loss[2] - loss[:2] == pytest.approx(FALL_OF_LOSSES * (rate[2] - rate[:2]))


@pytest.mark.parametrize("unit", [1e-6, 0.5, 1e9])
def test_the_unit_of_x_does_not_matter(unit):
    one = forecast(X, power_law(X), [9000]).quantiles
    assert forecast(unit * X, power_law(X), [unit * 9000]).quantiles == pytest.approx(one, rel=1e-3)


def test_asking_for_more_positions_changes_no_answer():
    ys = power_law(X) + 0.01 * np.random.default_rng(2).standard_normal((3, len(X)))
    together = forecast(X, ys, [2100, 5000, 28_000]).quantiles
    for column, at in enumerate([2100, 5000, 28_000]):
        assert forecast(X, ys, [at]).quantiles[:, 0] == pytest.approx(together[:, column], abs=1e-9)


def test_what_cannot_be_asked():
    with pytest.raises(ValueError, match="six points"):
        forecast(X[:5], power_law(X[:5]), [4000])
    for at in (1500, 2000, 1e6):
        with pytest.raises(ValueError, match="beyond the last x"):
            forecast(X, power_law(X), [at])


def test_dense_curves_are_averaged_to_eight_an_octave():
    x = np.arange(1.0, 1025)
    mean_x, ys, se = blocks(x, np.stack([x, 2 * x]), np.ones((2, len(x))))
    assert len(mean_x) < 8 * 10 + 1
    assert (np.diff(mean_x) > 0).all()
    assert ys[1] == pytest.approx(2 * mean_x)
    assert se is not None
    assert se[0, 0] == 1
    assert se[0, -1] == pytest.approx(1 / np.sqrt(1024 - 1024 * 2 ** (-1 / 16)), rel=0.02)
    anchors = np.round(16 * 2 ** (np.arange(12, 60) / 8))
    assert (blocks(anchors, anchors[None], None)[0] == anchors).all()


def test_the_shipped_model_is_small_and_says_what_it_learned_from():
    file = files("fits.learning_curve.meta").joinpath("lcdb.npz").read_bytes()
    assert len(file) <= 1_000_000
    model = shipped()
    attribution = files("fits.learning_curve.meta").joinpath("ATTRIBUTION.md").read_text()
    assert "CC BY 4.0" in attribution
    assert f"{model.data_sets} of its data sets" in attribution


def test_a_model_survives_its_file(tmp_path):
    save(shipped(), tmp_path / "model.npz")
    assert (tmp_path / "model.npz").read_bytes() == files("fits.learning_curve.meta").joinpath("lcdb.npz").read_bytes()
    model = loaded((tmp_path / "model.npz").read_bytes())
    y = power_law(X)
    assert (forecast(X, y, [3000, 9000], model=model).quantiles == forecast(X, y, [3000, 9000]).quantiles).all()


def test_every_process_answers_with_the_same_bytes():
    program = (
        "import numpy as np; from fits.learning_curve.meta import forecast;"
        "x = np.geomspace(16, 2000, 40).round(); y = .1 + 1.5 * x**-.5 + .01 * np.random.default_rng(0).standard_normal((3, 40));"
        "print(forecast(x, y, [2500, 9000]).quantiles.tobytes().hex())"
    )
    first, second = (subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout for _ in range(2))
    assert first == second


def test_the_slopes_are_those_of_the_loss():
    rng = np.random.default_rng(2)
    inputs, target, weight = rng.standard_normal((40, 6)), rng.standard_normal(40), rng.random(40)
    values = [one.astype(np.float64) for one in first_values(rng, 6, np.array([-2.0, -1, 0, 1, 2]))]

    def loss(values):
        r = target[:, None] - Network(tuple(values[::2]), tuple(values[1::2])).answer(inputs)
        return (weight * np.maximum(np.array(LEVELS) * r, (np.array(LEVELS) - 1) * r).sum(axis=1)).mean()

    slopes = gradient(values, inputs, target, weight, None)
    for k, one in enumerate(values):
        change = rng.standard_normal(one.shape) * 1e-6
        there, back = ([*values[:k], one + sign * change, *values[k + 1 :]] for sign in (1, -1))
        assert (slopes[k] * change).sum() == pytest.approx((loss(there) - loss(back)) / 2, rel=1e-3, abs=1e-12)


def test_a_network_learns_the_quantiles():
    rng = np.random.default_rng(0)
    inputs = rng.uniform(-1, 1, (4000, 1)).astype(np.float32)
    target = (inputs[:, 0] ** 2 + (0.1 + 0.5 * (inputs[:, 0] > 0)) * rng.standard_normal(4000)).astype(np.float32)
    network = learned(inputs, target, np.ones(4000, dtype=np.float32), 0)
    q = network.answer(inputs)
    assert (target[:, None] < q).mean(axis=0) == pytest.approx(LEVELS, abs=0.03)
    width = q[:, -1] - q[:, 0]
    assert width[inputs[:, 0] > 0.2].min() > 2 * width[inputs[:, 0] < -0.2].mean()


def test_a_missing_feature_is_told_as_missing():
    rows = np.array([[1.0, 2], [3, np.nan], [5, 4], [1e9, 2]], dtype=np.float32)
    scaled = scaling_of(rows)(rows)
    assert scaled.shape == (4, 3)
    assert (scaled[:, 2] == [0, 1, 0, 0]).all()
    assert scaled[1, 1] == 0
    assert np.abs(scaled).max() <= FARTHEST


def test_training_is_the_same_every_time_and_holds_data_sets_out(tmp_path):
    groups = read(table(tmp_path / "table.csv"))
    data = examples(groups, processes=1)
    assert set(np.unique(data.data_set)) == set(range(6))
    for name in "ab":
        save(train(data, folds=2, processes=1), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert loaded((tmp_path / "a").read_bytes()).data_sets == 6

    models = fold_models(data, folds=2, processes=1)
    assert set.union(*(out for _, out in models)) == set(range(6))
    assert not set.intersection(*(out for _, out in models))
    assert all(model.data_sets + len(out) == 6 for model, out in models)


@pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data")
def test_epochs_and_tokens_are_foretold_no_worse_than_by_the_families():
    import pandas as pd

    own = pd.read_csv(DATA / "own_curves.csv").groupby(["kind", "task", "learner"])
    pos = pd.read_csv(DATA / "pos_ewt_curves.csv").groupby("tagger")
    curves = [(c["x"].to_numpy(float), c["error"].to_numpy()) for _, c in own]
    curves += [(c["tokens"].to_numpy(float), 1 - c["accuracy"].to_numpy()) for _, c in pos]
    errors = []
    for x, y in curves:
        for share in (0.2, 0.5):
            n = int((x <= share * x[-1]).sum())
            if n >= 6:
                seen, at, truth = (x[:n], y[:n]), [x[-2]], y[-3:].mean()
                found = forecast(*seen, at).median[0, 0], combine(*seen, 0.0, 1.0).predict(at)[0, 0]
                errors.append(np.abs(np.array(found) - truth))
    meta, mixture = np.mean(errors, axis=0)
    assert meta <= mixture


def test_forecasts_load_no_heavy_library():
    program = (
        "import sys; from fits.learning_curve.meta import forecast;"
        "forecast([1, 2, 3, 4, 6, 8], [.9, .7, .6, .5, .45, .4], [16]);"
        "print(sorted({'pandas', 'sklearn', 'torch', 'scipy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"
