//! What happens next: use cases, and workers that bring the rows to where they should be.
