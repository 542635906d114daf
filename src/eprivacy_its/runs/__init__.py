"""A notebook and its parameters become results: graph, schemas, execution, provenance."""
