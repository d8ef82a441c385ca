"""EC2 as high-performance computing uses it."""
