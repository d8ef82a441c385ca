"""What ``deploy_function``, ``history`` and a topic's delivery status are, on both backends."""
