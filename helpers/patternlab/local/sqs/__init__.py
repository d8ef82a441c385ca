"""SQS: moto's requests and responses around the queues of the model."""
