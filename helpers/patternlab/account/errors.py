"""What can go wrong with a real account, each as one sentence."""

from __future__ import annotations


class AccountError(RuntimeError):
    """Something that was asked of a real account cannot be done, and what to do instead."""
