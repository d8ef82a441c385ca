"""The model of EventBridge: a bus, its rules, and event patterns."""
