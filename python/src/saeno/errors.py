"""What can go wrong, in words that say what to do. All errors are a ``SaenoError``."""


class SaenoError(Exception):
    """The base of all errors of this package."""


class RunFolderError(SaenoError):
    """There is no run folder, or it is not finished."""


class FormatError(SaenoError):
    """A file of a run folder is damaged, or belongs to another model."""


class UnknownKindError(SaenoError):
    """A model has a component that only a plugin of saeno knows, or a newer version."""


class InputError(SaenoError, ValueError):
    """Samples, codes or a grid that a model cannot take."""
