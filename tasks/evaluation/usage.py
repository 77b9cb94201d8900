"""How to use the published model with transformers alone: code that gives the probabilities of this project."""

from core.data.texts import head
from tasks.tokenization.params import Tokenization
from tasks.validation.params import Validation

PIPELINE = """from transformers import pipeline

classify = pipeline("text-classification", "models/finetuned", truncation=True)
print(classify({}, top_k=None))"""
NETWORK = """import torch
from transformers import {family}, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("models/finetuned")
model = {family}.from_pretrained("models/finetuned").eval()
{inputs}
with torch.inference_mode():
    logits = model(**inputs).logits
{pooling}probabilities = logits.mean(0).softmax(-1)
print(dict(zip(model.config.id2label.values(), probabilities.tolist())))"""
TRUNCATED = """inputs = tokenizer({}, truncation=True, return_tensors="pt")"""
CHUNKS = """options = {{"truncation": True, "return_overflowing_tokens": True, "padding": True, "return_tensors": "pt"}}
inputs = tokenizer({}, **options)  # a row for each window
del inputs["overflow_to_sample_mapping"]"""
HEAD_TAIL = """ids = tokenizer({})["input_ids"]
if len(ids) > {most}:
    ids = ids[:{first}] + ids[-{last}:]
inputs = tokenizer.pad({{"input_ids": [ids]}}, return_tensors="pt")"""
MEAN = """mask = inputs["attention_mask"].unsqueeze(-1)
logits = (logits * mask).sum(1) / mask.sum(1)  # they are of tokens
"""
TEXT, SECOND = "a text of the domain", "its second text"


def snippet(validation: Validation, tokenization: Tokenization, pools_mean: bool) -> str:
    """Return Python code that prints the probability of each class for one text, or pair of texts.

    `pools_mean` says whether the model is a classifier of tokens, whose logits are averaged.
    """
    long, pair = tokenization.long, len(validation.texts) == 2
    if long == "truncate" and not pools_mean:
        return PIPELINE.format(f'{{"text": "{TEXT}", "text_pair": "{SECOND}"}}' if pair else f'"{TEXT}"')
    return NETWORK.format(
        family="AutoModelForTokenClassification" if pools_mean else "AutoModelForSequenceClassification",
        inputs=inputs(pair, long, tokenization.max_length),
        pooling=MEAN if pools_mean else "",
    )


def inputs(pair: bool, long: str, most: int) -> str:
    """Return the part of such code that makes `inputs` of a text, or pair of texts, with a `tokenizer`."""
    first = head(most)
    reads = {"truncate": TRUNCATED, "chunks": CHUNKS, "head_tail": HEAD_TAIL}[long]
    texts = f'"{TEXT}", "{SECOND}"' if pair else f'"{TEXT}"'
    return reads.format(texts, most=most, first=first, last=most - first)


def reading(validation: Validation, tokenization: Tokenization) -> str:
    """Return which tokens of a text the model reads, as a sentence."""
    most = tokenization.max_length
    match tokenization.long:
        case "chunks":
            return f"It reads a text in windows of at most {most} tokens, and averages their logits."
        case "head_tail":
            return f"It reads the first {head(most)} and the last {most - head(most)} tokens of a longer text."
    if len(validation.texts) == 2:
        return f"It reads {most} tokens of a pair of texts, of which the longer one is cut first."
    return f"It reads the first {most} tokens of a text."
