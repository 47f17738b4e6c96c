//! Every rule has an example that breaks it.
