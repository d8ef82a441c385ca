"""A real account behind ``open_cloud()``: guarded, priced, least-privileged, cleaned up."""
