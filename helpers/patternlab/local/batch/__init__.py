"""AWS Batch whose multi-node parallel jobs run."""
