"""What the tests need around them: a PostgreSQL of their own, and the pytest plugin that hands it out."""
