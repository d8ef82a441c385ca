"""What ``deploy_function`` and ``history`` are, on a local cloud and on an account."""
