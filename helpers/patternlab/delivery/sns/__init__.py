"""The model of SNS: topics, subscriptions, filter and delivery policies."""
