"""Lambda: functions whose code really runs, and event source mappings that really poll."""
