"""Files into records: `files` reads rows, a profile in `profiles` says what each means, `engine` writes batches."""
