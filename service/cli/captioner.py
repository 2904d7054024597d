"""`vitrine caption`, `train` and `evaluate`: the captioner in this process, without a service."""

from __future__ import annotations

from pathlib import Path

import click

from service.cli.output import as_json, json_option, print_table

FAILED, SOME_FAILED = 1, 3

existing_file = click.Path(exists=True, dir_okay=False, path_type=Path)
existing_folder = click.Path(exists=True, file_okay=False, path_type=Path)
folder = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("files", nargs=-1, required=True, type=existing_file)
@json_option
@click.pass_context
def caption(context: click.Context, *, files: tuple[Path, ...], as_data: bool) -> None:
    """Caption the photos FILES, without a service and without keeping them."""
    from captioning import threads
    from captioning.captioner import Captioner
    from catalogue.errors import ImageRejected, PhotoTooLarge
    from catalogue.images import Limits, decode, open_working_copy
    from catalogue.settings import Settings

    settings = Settings.from_env()
    threads.configure(settings.threads)
    limits = Limits(settings.max_photo_bytes, settings.max_photo_pixels)
    captioner = Captioner.from_checkpoint(settings.model, settings.device)
    answers = []
    failed = 0
    for file in files:
        try:
            picture = open_working_copy(decode(file, limits).working_copy)
        except (ImageRejected, PhotoTooLarge) as error:
            failed += 1
            click.echo(f"vitrine: {file}: {error}", err=True)
            continue
        said = captioner.caption([picture])[0]
        others = [{"text": other.text, "confidence": other.confidence} for other in said.alternatives]
        answers.append({"file": str(file), "text": said.text, "confidence": said.confidence, "alternatives": others})
        if not as_data:
            click.echo(f"{file}: {said.text} ({said.confidence:.2f})")
    if as_data:
        as_json(answers)
    context.exit(0 if not failed else SOME_FAILED if answers else FAILED)


@click.command()
@click.option("--photos", required=True, type=existing_folder, help="Folder with products.csv and its photos.")
@click.option("--start-weights", required=True, type=existing_file, help="MobileNetV2's weights, as safetensors.")
@click.option("--out", default="checkpoint", show_default=True, type=folder, help="Where the checkpoint goes.")
@click.option("--work", default="training", show_default=True, type=folder, help="Caches, and the state to go on from.")
@click.option("--drawings", default=3000, show_default=True, type=click.IntRange(0), help="Drawn pictures to mix in.")
@click.option("--frozen-epochs", default=3, show_default=True, type=click.IntRange(1), help="Epochs with a still CNN.")
@click.option("--tune-epochs", default=8, show_default=True, type=click.IntRange(0), help="Epochs of the whole model.")
def train(
    *, photos: Path, start_weights: Path, out: Path, work: Path, drawings: int, frozen_epochs: int, tune_epochs: int
) -> None:
    """Train a captioner, or go on with a training that was stopped; serve it with VITRINE_MODEL."""
    from captioning import threads
    from catalogue.settings import Settings

    settings = Settings.from_env()
    threads.configure(settings.threads)  # before torch is there
    from captioning.train import TrainConfig, run

    config = TrainConfig(
        photos=photos,
        start_weights=start_weights,
        out=out,
        work=work,
        drawings=drawings,
        frozen_epochs=frozen_epochs,
        tune_epochs=tune_epochs,
        threads=settings.threads,
    )
    click.echo(f"The checkpoint is in {run(config)}.")


@click.command()
@click.option("--photos", type=existing_folder, help="Folder with products.csv and its photos.")
@click.option("--split", default="test", show_default=True, type=click.Choice(["val", "test"]), help="Which photos.")
@click.option("--drawings", default=1000, show_default=True, type=click.IntRange(0), help="How many drawn pictures.")
@json_option
def evaluate(*, photos: Path | None, split: str, drawings: int, as_data: bool) -> None:
    """Measure the captioner on pictures it was not trained on, decoding freely."""
    from captioning.evaluate import EvaluateConfig, run
    from catalogue.settings import Settings

    settings = Settings.from_env()
    config = EvaluateConfig(
        photos=photos,
        checkpoint=settings.model,
        split=split,
        drawings=drawings,
        threads=settings.threads,
        device=settings.device,
    )
    figures = run(config)
    if as_data:
        as_json(figures)
    else:
        print_table("Figures", ("figure", "value"), [(name, f"{value:.3f}") for name, value in figures.items()])
