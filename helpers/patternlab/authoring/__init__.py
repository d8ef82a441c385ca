"""What authors of lessons need. A learner never imports it."""
