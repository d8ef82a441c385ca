"""The model of Lambda: functions, event source mappings, asynchronous invocation."""
