from .checking import check, hint, solution
from .predictions import predict, reveal

__all__ = ["check", "hint", "predict", "reveal", "solution"]
