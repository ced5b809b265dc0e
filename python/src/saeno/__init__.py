"""Reads runs of saeno, sparse autoencoders of functions: codes, reconstructions and atoms, with numpy alone.

>>> import saeno
>>> run = saeno.load("runs/digits")
>>> codes = run.encode(x)              # x [B, *N, C]
>>> y = run.decode(codes, grid=112)    # the same codes, on a finer grid
"""

from .codes import Codes
from .errors import FormatError, InputError, RunFolderError, SaenoError, UnknownKindError
from .run import Run, load

__all__ = ["Codes", "FormatError", "InputError", "Run", "RunFolderError", "SaenoError", "UnknownKindError", "load"]
__version__ = "0.0.0"
