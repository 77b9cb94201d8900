"""The pretrained encoder, fine-tuned on the domain's training rows with one seed: `python -m tasks.finetuning 11`."""

import math
import shutil
import sys

from core.base import params, paths
from core.base.errors import UserError, run
from core.base.files import replacing
from core.data import epochs
from core.data.epochs import Epoch
from core.decision.primary import Primary
from core.encoders import out_of_memory
from core.encoders.device import take_card
from core.encoders.params import Model
from tasks.finetuning import processes
from tasks.finetuning.params import Finetuning
from tasks.finetuning.training import train


def read_seed(word: str, seeds: list[int]) -> int:
    """Return the seed named on the command line. Raises UserError where it is none of params.yaml's."""
    if word not in [str(seed) for seed in seeds]:
        raise UserError(
            f"{f'{word} is not in finetuning.seeds' if word else 'no seed given'}: "
            f"`python -m tasks.finetuning SEED`, where SEED is one of {', '.join(map(str, seeds))}"
        )
    return int(word)


def require_convergence(trained: list[Epoch], seed: int, section: Finetuning) -> None:
    """Raise UserError where a validation loss is not finite."""
    if not all(math.isfinite(epoch.validation_loss) for epoch in trained):
        raise UserError(
            f"seed {seed} diverged, its validation loss is not finite: learning rate too high. Lower "
            f"finetuning.learning_rate, now {section.learning_rate:g}: try {section.lower_learning_rate:g}"
        )


def main(*words: str) -> None:
    model, section, chosen_by = params.load(Model), params.load(Finetuning), params.load(Primary)
    seed = read_seed(" ".join(words), section.seeds)
    if section.processes == 1:
        take_card()
    with replacing(paths.seed_model(seed)) as folder:

        def attempt(rows_at_a_time: int) -> list[Epoch]:
            shutil.rmtree(folder, ignore_errors=True)
            return processes.together(section.processes, train, model, section, chosen_by, seed, folder, rows_at_a_time)

        trained = out_of_memory.fitting(attempt, f"seed {seed}", section.batch_size, section.processes)
        require_convergence(trained, seed, section)
    epochs.write(seed, trained)


if __name__ == "__main__":
    run(main, *sys.argv[1:])
