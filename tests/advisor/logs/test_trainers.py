"""Every trainer's own format, each read from a file that the trainer wrote."""

from __future__ import annotations

import hashlib
import lzma
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from advisor.errors import LogError
from advisor.logs import LogTable, read_log
from fits.learning_curve.schema import Log as Curve

FILES = Path(__file__).parent / "trainers"


def curve(name: str, **mapping: str) -> LogTable:
    return read_log(str(FILES / name), Curve, mapping=mapping)


def points(table: LogTable) -> list[tuple[float, float]]:
    return list(zip(table.frame["x"], table.frame["score"].round(4), strict=True))


def others(table: LogTable) -> list[str]:
    return [warning.message for warning in table.warnings if warning.code == "other-records"]


def test_hugging_face_evaluations_with_the_learning_rate_of_their_step() -> None:
    table = curve("trainer_state.json", x="step", score="eval_loss")
    assert points(table) == [(4, 0.1044), (8, 0.1044)]
    assert table.frame["learning_rate"].tolist() == [3.125e-05, 6.25e-06]
    assert table.frame["horizon"].tolist() == [8, 8]
    assert others(table) == ["2 records hold other values and no eval_loss: passed over"]
    assert table.frame.attrs["columns"] == table.columns
    text = (FILES / "trainer_state.json").read_text().splitlines()
    assert [text[line - 1].strip() for line in table.frame.index] == ["{", "{"]
    assert all('"step": 4' in "".join(text[line - 1 : line + 6]) for line in table.frame.index[:1])


def test_the_horizon_is_counted_as_the_axis_is() -> None:
    table = curve("trainer_state.json", x="epoch", score="loss")
    assert table.frame["horizon"].tolist() == [2, 2, 2, 2]
    assert others(table) == []


def test_lightning_rows_without_the_metric_are_passed_over() -> None:
    table = curve("lightning.csv", x="step", score="val_loss")
    assert points(table) == [(3, 0.4634), (7, 0.3939), (11, 0.3039), (15, 0.2383)]
    assert table.frame.index.tolist() == [5, 9, 13, 17]
    assert others(table) == ["12 records hold other values and no val_loss: passed over"]
    assert (table.rows, table.dropped) == (4, 0)


def test_keras_epochs_without_validation_are_passed_over_and_what_is_not_finite_is_dropped() -> None:
    table = curve("keras.csv", score="val_loss")
    assert [x for x, _ in points(table)] == [1, 3, 5]
    assert others(table) == ["3 records hold other values and no val_loss: passed over"]
    table = curve("keras_diverged.csv", score="loss")
    assert (table.rows, table.dropped, others(table)) == (6, 4, [])
    assert table.warnings[0].message == "4 of 6 rows dropped: loss is not finite (lines 4, 5, 6, 7)"
    with pytest.raises(LogError, match=r"line 4, column 'loss': is not finite"):
        read_log(str(FILES / "keras_diverged.csv"), Curve, mapping={"score": "loss"}, strict=True)


def test_a_chart_of_wandb_becomes_long() -> None:
    table = curve("wandb.csv")
    assert table.columns == {"x": "Step", "score": "loss", "curve": "run", "learning_rate": "lr"}
    counts = table.frame["curve"].value_counts().to_dict()
    assert counts == {"calm - sea-2": 8, "brisk-owl-1": 3}
    assert table.warnings[0].message == "1 of 12 rows dropped: loss is not finite (line 8)"
    assert table.frame.index.name == "row"
    assert table.frame.index.is_unique
    assert {table.place(label) for label in table.frame.index[-2:]} == {(str(FILES / "wandb.csv"), n) for n in (8, 9)}


@pytest.mark.parametrize("form", ["old", "new"])
def test_scalars_of_both_forms_of_event_files(form: str) -> None:
    pytest.importorskip("tensorboard")
    table = curve(f"events_{form}.tfevents", score="eval/loss")
    assert points(table) == [(3, 0.5), (7, 0.25)]
    assert table.frame["learning_rate"].tolist() == pytest.approx([0.0625, 0.0125])
    assert others(table) == ["6 records hold other values and no eval/loss: passed over"]
    assert read_log(str(FILES / f"events_{form}.tfevents"), Curve, mapping={"score": "wall_time"}).frame["score"].iloc[1] == 1e9 + 1


def test_the_download_of_tensorboard() -> None:
    assert points(curve("tensorboard.csv")) == [(3, 0.5), (7, 0.25)]


@pytest.mark.parametrize("name", ["learning_curve.npz", "learning_curve.json"])
def test_scores_of_scikit_learn_one_row_a_fold(name: str) -> None:
    table = curve(name)
    assert (table.rows, table.dropped) == (12, 3)  # the fits on ten examples of one class failed
    assert points(table)[:3] == [(30, 0.82), (30, 0.94), (30, 0.9)]
    assert table.columns == {"x": "train_size", "score": "test_score"}


def test_progress_of_ray_tune() -> None:
    table = curve("ray.csv")
    assert table.columns == {"x": "training_iteration", "score": "loss", "curve": "trial_id"}
    assert points(table)[:2] == [(1, 0.1), (2, 0.05)]


def test_the_folder_of_dvclive_is_joined_on_the_step() -> None:
    for folder in ("dvclive", "dvclive/plots/metrics"):
        table = curve(folder, score="eval/loss")
        assert points(table) == [(3, 0.5), (7, 0.25)]
        assert table.frame["learning_rate"].tolist() == [0.0625, 0.0125]
        assert others(table) == ["6 records hold other values and no eval/loss: passed over"]
    assert points(curve("dvclive/plots/metrics/eval/loss.tsv")) == [(3, 0.5), (7, 0.25)]


def test_a_speed_run_of_nanogpt_with_its_horizon() -> None:
    table = curve("speedrun.txt", score="val_loss")
    assert points(table) == [(0, 10.8258), (125, 4.7642), (250, 4.1363)]
    assert table.frame["horizon"].tolist() == [3200] * 3
    assert table.frame.index.tolist() == [7, 14, 17]


def test_the_lines_of_nanogpt(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    lines = ["step 0: train loss 4.2, val loss 4.1", "iter 0: loss 4.3, time 27.5ms, mfu -100.00%", "iter 1: loss 3.9, time 9ms"]
    path.write_text("number of parameters: 10.65M\n" + "\n".join(lines) + "\nsaving checkpoint to out\n")
    assert points(read_log(str(path), Curve, mapping={"score": "val_loss"})) == [(0, 4.1)]
    assert points(read_log(str(path), Curve, mapping={"score": "loss"})) == [(0, 4.3), (1, 3.9)]
    path.write_text("step 0: train loss 4.2, val\n")
    with pytest.raises(LogError, match="line 1: is no complete report"):
        read_log(str(path), Curve)


@pytest.mark.parametrize("plain", [True, False])
def test_a_storage_of_optuna(plain: bool, tmp_path: Path) -> None:
    path = FILES / "optuna.db.xz"
    if plain:
        path = tmp_path / "study #1?.db"
        path.write_bytes(lzma.decompress((FILES / "optuna.db.xz").read_bytes()))
    table = read_log(str(path), Curve)
    assert table.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (table.rows, table.dropped) == (30, 2)
    assert table.frame["curve"].unique().tolist()[3:5] == ["small/3", "large/0"]
    assert table.columns == {"x": "step", "score": "intermediate_value", "curve": "trial"}


def test_state_and_study_are_columns_of_a_storage() -> None:
    table = read_log(str(FILES / "optuna.db.xz"), Curve, mapping={"curve": "state"})
    assert table.frame["curve"].unique().tolist() == ["COMPLETE", "PRUNED", "FAIL"]
    assert read_log(str(FILES / "optuna.db.xz"), Curve, mapping={"curve": "study"}).frame["curve"].nunique() == 2


def test_the_data_frame_of_optuna_becomes_long() -> None:
    table = curve("optuna.csv")
    assert (len(table.frame), table.frame["curve"].tolist()[:5]) == (14, ["0", "0", "0", "0", "1"])
    assert table.frame["learning_rate"].iloc[0] == 0.012520653814999465


def test_two_candidates_are_named_and_a_column_without_a_value_is_none(tmp_path: Path) -> None:
    for name, said in [("trainer_state.json", "epoch, step"), ("lightning.csv", "epoch, step"), ("keras.csv", "loss, val_loss")]:
        with pytest.raises(LogError, match="several columns could be") as caught:
            curve(name)
        assert set(said.split(", ")) <= set(caught.value.message.replace(":", ",").split(", "))
        assert "--map" in caught.value.advice
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,step,train_loss,val_loss\n,1,,2\n,2,,1\n")
    assert points(read_log(str(path), Curve)) == [(1, 2), (2, 1)]


def test_a_metric_without_any_value_is_said(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,step,train_loss,val_loss\n0,1,2,\n")
    with pytest.raises(LogError, match="column 'val_loss': no record has a value here"):
        read_log(str(path), Curve, mapping={"x": "step", "score": "val_loss"})


def test_a_row_that_holds_nothing_else_is_dropped_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,step,loss\n0,1,2\n,2,\n")
    table = read_log(str(path), Curve, mapping={"x": "step"})
    assert [warning.message for warning in table.warnings] == ["1 of 2 rows dropped: loss is empty (line 3)"]


def test_a_format_is_known_by_its_content(tmp_path: Path) -> None:
    for name in ("trainer_state.json", "speedrun.txt", "learning_curve.npz", "optuna.db.xz", "wandb.csv"):
        shutil.copy(FILES / name, tmp_path / "log")
        mapping = {"trainer_state.json": {"x": "step", "score": "loss"}, "speedrun.txt": {"score": "val_loss"}}.get(name, {})
        assert (
            read_log(str(tmp_path / "log"), Curve, mapping=mapping).sha256
            == hashlib.sha256((FILES / name).read_bytes()).hexdigest()
        )


def test_no_reader_is_loaded_before_its_format_is_met() -> None:
    code = (
        "import sys, advisor.logs; heavy = {'tensorboard', 'sqlite3', 'numpy', 'pandas', 'zipfile', 'google.protobuf'}; "
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
