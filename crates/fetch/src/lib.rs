//! The one HTTP client for addresses that customers give: refuses private, loopback and link-local targets.
