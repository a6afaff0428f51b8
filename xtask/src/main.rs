//! Development tasks: `cargo xtask TASK`.
mod torture;

fn main() {}
