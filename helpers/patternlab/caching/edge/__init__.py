"""An edge cache: a real one on this machine, or CloudFront."""
