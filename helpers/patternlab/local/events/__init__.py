"""EventBridge: moto's buses and rules, with the deliveries of the model."""
