//! The program's use of memory.

use super::running::Home;

#[test]
fn takes_no_huge_pages() {
    let server = Home::bare().serve();
    assert_eq!(server.status("THP_enabled:"), "0");
    server.stop();
}
