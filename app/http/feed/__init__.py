"""The changes feed over HTTP: pages, pages that wait, and a stream."""
