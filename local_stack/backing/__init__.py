"""What the services run on: Postgres, RabbitMQ and the gateway, private to one stack."""
