"""The captioner's own small tree of errors; the other rooms translate it.

CaptioningError
├── ModelMismatch      weights, vocabulary or sentence encoder are not the ones the manifest names
├── CheckpointDamaged  a checkpoint's file is missing, cut or changed
├── CaptionEmpty       the model gave no finite score to any word
├── ExportFailed       the sentence encoder could not be made ready to serve
└── TrainingDataMissing  a picture, table or start weight that training needs is not there
"""


class CaptioningError(Exception):
    """Something the captioner cannot do; its text says what, the value, the limit and the remedy."""

    code = "captioning-error"


class ModelMismatch(CaptioningError):
    """Two parts that must have been made together were not."""

    code = "model-mismatch"


class CheckpointDamaged(CaptioningError):
    """A checkpoint's file is missing, cut or changed."""

    code = "checkpoint-damaged"


class CaptionEmpty(CaptioningError):
    """The model gave no finite score to any word of a photo's caption."""

    code = "caption-empty"


class ExportFailed(CaptioningError):
    """The sentence encoder could not be made ready to serve."""

    code = "export-failed"


class TrainingDataMissing(CaptioningError):
    """A picture, table or start weight that training needs is not there."""

    code = "training-data-missing"
