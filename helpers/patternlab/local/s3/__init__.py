"""S3: moto's buckets and objects, with the notifications of the model."""
