"""What all figures share: the picture, the style, axes, marks and text."""
