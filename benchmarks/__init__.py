"""What `make bench` runs: measurements with bounds, never part of the tests."""
