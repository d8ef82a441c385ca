"""Finding and deleting what sessions left on an account."""
