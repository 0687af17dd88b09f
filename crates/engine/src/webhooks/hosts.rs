//! How many calls each receiver's host has under way. One that answers may take half of all places;
//! one whose last call got no answer takes next to none until it answers again.

use std::collections::HashMap;

use domain::limits;

#[derive(Debug, Default)]
struct Host {
    running: usize,
    silent: bool,
}

#[derive(Debug, Default)]
pub(super) struct Hosts(HashMap<String, Host>);

impl Hosts {
    /// Takes a place; false when the host has none.
    pub(super) fn begin(&mut self, name: &str) -> bool {
        let host = self.0.entry(name.to_owned()).or_default();
        let places = if host.silent {
            limits::WEBHOOKS_PER_SILENT_HOST_MAX
        } else {
            limits::WEBHOOKS_PER_HOST_MAX
        };
        let free = host.running < places;
        host.running += usize::from(free);
        free
    }

    /// Frees a place, and remembers whether the host answered.
    pub(super) fn end(&mut self, name: &str, answered: bool) {
        let full = self.0.len() > limits::WEBHOOK_SILENT_HOSTS_MAX;
        if let Some(host) = self.0.get_mut(name) {
            host.running = host.running.saturating_sub(1);
            host.silent = !answered;
            if host.running == 0 && (answered || full) {
                self.0.remove(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(hosts: &mut Hosts) -> usize {
        (0..1_000).take_while(|_| hosts.begin("a")).count()
    }

    #[test]
    fn one_host_never_takes_all_places() {
        let mut hosts = Hosts::default();
        assert_eq!(begun(&mut hosts), limits::WEBHOOKS_PER_HOST_MAX);
        assert!(hosts.begin("b"));
    }

    #[test]
    fn a_silent_host_takes_few_until_it_answers() {
        let mut hosts = Hosts::default();
        for _ in 0..begun(&mut hosts) {
            hosts.end("a", false);
        }
        assert_eq!(begun(&mut hosts), limits::WEBHOOKS_PER_SILENT_HOST_MAX);
        hosts.end("a", true);
        assert!(begun(&mut hosts) > limits::WEBHOOKS_PER_SILENT_HOST_MAX);
    }

    #[test]
    fn what_is_idle_and_well_is_forgotten() {
        let mut hosts = Hosts::default();
        hosts.begin("a");
        hosts.end("a", true);
        assert!(hosts.0.is_empty());
    }
}
