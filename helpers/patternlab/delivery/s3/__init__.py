"""The model of S3 event notifications."""
