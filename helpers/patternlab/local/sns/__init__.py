"""SNS: moto's requests and responses around the topics of the model."""
