"""DataSync that copies from bucket to bucket."""
