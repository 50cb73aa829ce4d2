"""A plain model of the service: records as dicts, and what each viewer is to be told of them. It knows none of the service's code."""
