"""Interactive figures: ``explore`` draws a figure again as its controls move."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
