"""API Gateway: REST APIs that answer, with stages that cache."""
