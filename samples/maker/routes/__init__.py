"""Routes from a document to files: what an office, its website or its programs would have made of it."""
