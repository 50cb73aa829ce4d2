"""How each way of reading is tried: what a viewer ought to be told, and that nothing else is."""
