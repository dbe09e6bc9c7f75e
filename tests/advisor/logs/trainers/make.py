"""Makes the small logs beside it, each with the library whose format it is: ``pip install 'advisor-fits[trainers]'``, then run it.

``python make.py NAME...`` makes those that are named, without a name all. The models are tiny and learn a straight line, because
only the form of the files matters. Every maker works in a folder of its own outside the repository, since DVCLive turns the
repository it is called in into one of DVC. What no library writes is told in README.md.
"""

from __future__ import annotations

import json
import lzma
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
STEPS = 8


def transformers(target: Path, work: Path) -> None:
    """`trainer_state.json` of a Trainer that logs every second step and evaluates every fourth."""
    import torch
    from transformers import Trainer, TrainingArguments

    class Line(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(1, 1)

        def forward(self, x: Any, labels: Any) -> dict[str, Any]:
            found = self.layer(x)
            return {"loss": torch.nn.functional.mse_loss(found, labels), "logits": found}

    torch.manual_seed(0)
    rows = [{"x": torch.tensor([k / 8]), "labels": torch.tensor([k / 4])} for k in range(16)]
    arguments = TrainingArguments(
        output_dir=str(work),
        max_steps=STEPS,
        per_device_train_batch_size=4,
        logging_steps=2,
        eval_strategy="steps",
        eval_steps=4,
        save_steps=STEPS,
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
    )
    Trainer(model=Line(), args=arguments, train_dataset=rows, eval_dataset=rows[:4]).train()
    state = json.loads((work / f"checkpoint-{STEPS}" / "trainer_state.json").read_text())
    shutil.copy(work / f"checkpoint-{STEPS}" / "trainer_state.json", target / "trainer_state.json")
    assert state["best_model_checkpoint"] is None  # no path of this machine


def lightning(target: Path, work: Path) -> None:
    """`metrics.csv` of Lightning's CSVLogger, with a monitor of the learning rate."""
    import torch
    from lightning.pytorch import LightningModule, Trainer
    from lightning.pytorch.callbacks import LearningRateMonitor
    from lightning.pytorch.loggers import CSVLogger

    class Line(LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(1, 1)

        def training_step(self, batch: Any) -> Any:
            loss = torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1])
            self.log("train_loss", loss)
            return loss

        def validation_step(self, batch: Any) -> None:
            self.log("val_loss", torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1]))

        def configure_optimizers(self) -> Any:
            optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
            return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.9)]

    torch.manual_seed(0)
    x = torch.arange(16).reshape(-1, 1) / 8
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, 2 * x), batch_size=4)
    trainer = Trainer(
        accelerator="cpu",
        max_epochs=4,
        log_every_n_steps=2,
        logger=CSVLogger(work, name="", version=""),
        callbacks=[LearningRateMonitor()],
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(Line(), loader, loader)
    shutil.copy(work / "metrics.csv", target / "lightning.csv")


def keras(target: Path, work: Path) -> None:
    """Keras' CSVLogger where every second epoch is validated, and one with a loss that is NaN."""
    os.environ["KERAS_BACKEND"] = "torch"
    import keras as k
    import numpy as np

    def train(name: str, rate: float) -> None:
        k.utils.set_random_seed(0)
        model = k.Sequential([k.layers.Input((1,)), k.layers.Dense(1)])
        model.compile(optimizer=k.optimizers.SGD(rate), loss="mse", metrics=["mae"])
        x = np.arange(16.0).reshape(-1, 1)
        logger = k.callbacks.CSVLogger(str(work / name))
        model.fit(x, 2 * x, validation_data=(x, 2 * x), validation_freq=2, epochs=6, verbose=0, callbacks=[logger])
        shutil.copy(work / name, target / name)

    train("keras.csv", 1e-4)
    train("keras_diverged.csv", 1e14)


def tensorboard(target: Path, work: Path) -> None:
    """Event files: the old form (torch's SummaryWriter) and the tensor form (its `new_style`), with what is no scalar between."""
    import numpy as np
    from torch.utils.tensorboard import SummaryWriter

    for name, new_style in [("old", False), ("new", True)]:
        with SummaryWriter(str(work / name)) as writer:
            writer.add_text("note", "not a scalar")
            for step in range(STEPS):
                writer.add_scalar("train/loss", 1 / (step + 1), step, walltime=1e9 + step, new_style=new_style)
                writer.add_scalar("train/learning_rate", 0.1 * (1 - step / STEPS), step, walltime=1e9 + step, new_style=new_style)
                if step % 4 == 3:
                    writer.add_scalar("eval/loss", 2 / (step + 1), step, walltime=1e9 + step, new_style=new_style)
            writer.add_histogram("weights", np.arange(4.0), 0)
        (found,) = (work / name).iterdir()
        shutil.copy(found, target / f"events_{name}.tfevents")  # the library's own name holds the host
    (target / "tensorboard.csv").write_text(_download(work, "old", "eval/loss"), newline="")


def _download(logs: Path, run: str, tag: str) -> str:
    """The CSV that TensorBoard's page downloads, from the plugin that serves it."""
    from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
    from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
    from tensorboard.context import RequestContext
    from tensorboard.plugins.base_plugin import TBContext
    from tensorboard.plugins.scalar.scalars_plugin import OutputFormat, ScalarsPlugin

    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(logs))
    multiplexer.Reload()
    plugin = ScalarsPlugin(TBContext(data_provider=MultiplexerDataProvider(multiplexer, str(logs))))
    body, _ = plugin.scalars_impl(RequestContext(), tag, run, "experiment", OutputFormat.CSV)
    return str(body)


def scikit_learn(target: Path, work: Path) -> None:
    """The arrays of `learning_curve`, as .npz and as JSON; the smallest size holds one class only, so its fits fail."""
    import warnings

    import numpy as np
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import learning_curve

    x, y = load_iris(return_X_y=True)
    order = np.argsort(np.arange(len(y)) % 50 + 50.0 * y * (np.arange(len(y)) % 50 < 20), kind="stable")
    warnings.simplefilter("ignore")
    sizes, train, test = learning_curve(
        LogisticRegression(max_iter=1000), x[order], y[order], train_sizes=[10, 30, 60, 90], cv=3, error_score=np.nan
    )
    np.savez(target / "learning_curve.npz", train_sizes=sizes, train_scores=train, test_scores=test)
    curve = {"train_sizes": sizes.tolist(), "train_scores": train.tolist(), "test_scores": test.tolist()}
    (target / "learning_curve.json").write_text(json.dumps(curve))


def ray(target: Path, work: Path) -> None:
    """`progress.csv` of one trial of Ray Tune."""
    from ray import tune

    def trainable(config: dict[str, float]) -> None:
        for step in range(STEPS):
            tune.report({"loss": config["lr"] / (step + 1)})

    tuner = tune.Tuner(
        trainable,
        param_space={"lr": 0.1},
        run_config=tune.RunConfig(storage_path=str(work), name="study", verbose=0),
    )
    result = tuner.fit()[0]
    rows = [line.split(",") for line in (Path(result.path) / "progress.csv").read_text().splitlines()]
    for name in ("hostname", "node_ip"):  # of this machine
        for row in rows[1:]:
            row[rows[0].index(name)] = "localhost"
    (target / "ray.csv").write_text("".join(",".join(row) + "\n" for row in rows))


def dvclive(target: Path, work: Path) -> None:
    """DVCLive's folder of one TSV a metric."""
    import dvclive as d

    with d.Live(str(work / "dvclive"), save_dvc_exp=False, dvcyaml=None, report=None) as live:
        for step in range(STEPS):
            live.log_metric("train/loss", 1 / (step + 1))
            live.log_metric("learning_rate", 0.1 * (1 - step / STEPS))
            if step % 4 == 3:
                live.log_metric("eval/loss", 2 / (step + 1))
            live.next_step()
    shutil.rmtree(target / "dvclive", ignore_errors=True)
    shutil.copytree(work / "dvclive" / "plots", target / "dvclive" / "plots")


def optuna(target: Path, work: Path) -> None:
    """A storage with two studies of pruned, failed and complete trials, and the data frame of one of them."""
    import optuna as o

    o.logging.set_verbosity(o.logging.ERROR)

    def objective(trial: Any) -> float:
        rate = trial.suggest_float("lr", 1e-3, 1e-1, log=True)
        for step in range(4):
            trial.report(float("nan") if trial.number == 3 and step == 2 else 1 / (1 + rate * step), step)
            if trial.number == 1 and step == 2:
                raise o.TrialPruned
        if trial.number == 2:
            raise ArithmeticError
        return rate

    storage = f"sqlite:///{work}/optuna.db"
    for name in ("small", "large"):
        study = o.create_study(study_name=name, storage=storage, sampler=o.samplers.RandomSampler(seed=0))
        study.optimize(objective, n_trials=4, catch=(ArithmeticError,))
    (target / "optuna.db.xz").write_bytes(lzma.compress((work / "optuna.db").read_bytes()))  # mostly empty pages
    attrs = ("number", "value", "params", "state", "intermediate_values")
    study.trials_dataframe(attrs=attrs).to_csv(target / "optuna.csv", index=False)


def wandb(target: Path, work: Path) -> None:
    """The export of a chart, as W&B's page writes it; README.md tells where its form comes from."""
    runs = {"brisk-owl-1": 1.0, "calm - sea-2": 2.0}
    header = ["Step", *(f"{run} - {metric}{end}" for metric in ("loss", "lr") for run in runs for end in ("", "__MIN", "__MAX"))]
    rows = []
    for step in range(STEPS):
        losses = [scale / (step + 1) if step % 2 < scale else "" for scale in runs.values()]
        losses[0] = "NaN" if step == 6 else losses[0]
        rates = [0.1 if step % 2 < scale else "" for scale in runs.values()]
        rows.append([step, *(value for value in (*losses, *rates) for _ in range(3))])
    lines = [",".join(f'"{value}"' for value in row) for row in [header, *rows]]
    (target / "wandb.csv").write_text("\n".join(lines) + "\n")


MAKERS: dict[str, Callable[[Path, Path], None]] = {
    maker.__name__: maker for maker in (transformers, lightning, keras, tensorboard, scikit_learn, ray, dvclive, optuna, wandb)
}


def main(names: list[str]) -> None:
    for name in names or MAKERS:
        with tempfile.TemporaryDirectory() as work:
            os.chdir(work)
            MAKERS[name](HERE, Path(work))
            os.chdir(HERE)


if __name__ == "__main__":
    main(sys.argv[1:])
