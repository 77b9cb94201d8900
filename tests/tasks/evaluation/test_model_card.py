"""The model card: metadata that Hugging Face reads, and labels as plain text."""

import pytest
from huggingface_hub import ModelCard

from tasks import params
from tasks.evaluation import model_card
from tests import counts, results

METRICS = results.metrics({"verdict": "not shown", "published_seed": 12})
VALIDATION = counts.validated({"train": 16, "test": 6}, description="Notes of **nobody**.")


@pytest.fixture
def written(write_params) -> str:
    write_params({"validation.labels": None, "evaluation.positive": None})
    return model_card.text(params.load(), METRICS, VALIDATION, ["a|b", "<img src=x>"], 0.0)


def test_hugging_face_reads_its_metadata(written):
    data = ModelCard(written).data
    assert data.base_model == "sentence-transformers/all-MiniLM-L6-v2"
    assert (data.library_name, data.pipeline_tag) == ("transformers", "text-classification")
    assert [(each.metric_type, each.metric_value) for each in data.eval_results][1:3] == [
        ("accuracy", 0.87),
        ("f1", 0.87),
    ]


def test_it_says_what_the_model_is_for_how_good_it_is_and_where_it_ends(written):
    sections = dict(part.split("\n", 1) for part in written.split("\n## ")[1:])
    assert list(sections) == ["Intended use", "How good it is", "Data", "Limits", "How it was made"]
    assert "\nNot shown: " in written
    assert "| accuracy | 0.870 (0.8" in sections["How good it is"]
    assert "first 128 tokens" in sections["Limits"]
    assert "| seed | 12, chosen on validation |" in sections["How it was made"]
    assert "| method | full |" in sections["How it was made"]


def test_labels_and_the_description_of_the_data_arrive_as_plain_text(written):
    assert "`a\\|b`, `<img src=x>`" in written
    assert "> Notes of \\*\\*nobody\\*\\*." in written


@pytest.mark.parametrize("long", ["truncate", "chunks"])
def test_it_calls_no_text_short_whose_windows_it_reads(write_params, long):
    write_params({"tokenization.long": long, "validation.labels": None, "evaluation.positive": None})
    assert "short" not in model_card.text(params.load(), METRICS, VALIDATION, ["a", "b"], 0.0).split("## Limits")[0]


@pytest.mark.parametrize(
    ("threshold", "refused", "said"),
    [
        (
            0.91234,
            None,
            "under 0.912, a person decides: validation shows that of its other answers at most 5% are wrong",
        ),
        (None, "one class", "Nothing is shown to be safe to leave to it (one class on validation): a person decides."),
    ],
)
def test_it_says_what_is_left_to_a_person(write_params, threshold, refused, said):
    write_params({"validation.labels": None, "evaluation.positive": None})
    of_model = METRICS.selection.published.model_copy(update={"threshold": threshold, "refused": refused})
    selection = METRICS.selection.model_copy(update={"published": of_model, "target_error": 0.05})
    metrics = METRICS.model_copy(update={"selection": selection})
    assert said in model_card.text(params.load(), metrics, VALIDATION, ["a", "b"], 0.0)


@pytest.mark.parametrize(("apart", "said"), [(1e-7, "0.001"), (0.001, "0.001"), (0.0123, "0.013")])
def test_it_says_how_far_its_code_is_from_what_was_scored(write_params, apart, said):
    write_params({"validation.labels": None, "evaluation.positive": None})
    card = model_card.text(params.load(), METRICS, VALIDATION, ["a", "b"], apart)
    assert f"on the 600 test rows its probabilities are those that were scored, to within {said}. " in card
