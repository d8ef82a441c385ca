from .explore import Choice, Explorer, Slider, Steps, explore

__all__ = [
    "Choice",
    "Explorer",
    "Slider",
    "Steps",
    "explore",
]
