//! Checks `[lightning.node]`.

use super::super::{Backend, Config};
use super::Finding;
use crate::lightning_node::find_program;

pub(super) fn check(config: &Config, found: &mut Vec<Finding>) {
    let node = match (config.backend(), &config.lightning.node) {
        (Backend::Ldk, Some(node)) => node,
        (Backend::Ldk, None) => {
            let text = "backend ldk needs a section [lightning.node]";
            found.push(Finding::error("lightning", text));
            return;
        }
        (_, Some(_)) => {
            let text = "[lightning.node] needs backend = \"ldk\"";
            found.push(Finding::error("lightning.node", text));
            return;
        }
        (_, None) => return,
    };
    for (key, text) in node.mistakes() {
        found.push(Finding::error(format!("lightning.node.{key}"), text));
    }
    if [Some(config.listen), config.admin_listen].contains(&Some(node.rest)) {
        let text = "rest must differ from listen and admin_listen";
        found.push(Finding::error("lightning.node.rest", text));
    }
    if node.data.as_ref() == Some(&config.data) {
        let text = "data must be a directory of the node's own";
        found.push(Finding::error("lightning.node.data", text));
    }
    // `serve` refuses it; other commands do not need the program.
    if let Err(error) = find_program(&node.program) {
        found.push(Finding::warning("lightning.node.program", format!("program: {error}")));
    }
}
