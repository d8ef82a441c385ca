"""The model of SQS: standard and FIFO queues, their messages, redrive."""
