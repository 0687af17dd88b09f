//! Hold invoices: the sandbox node.
