//! The command `sipvane`.
fn main() {}
