"""What a session on an account may cost, and the alarm on the month's bill."""
