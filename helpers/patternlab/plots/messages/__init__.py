"""Figures of messages: their attempts, their order, and where each one ends."""
