//! Registrations: what REGISTER transactions bind, and for how long (RFC 3261, section 10).

mod aor;
mod attempt;
mod bindings;
mod contact;
mod flapping;
mod journal;
mod nat;
mod table;

pub(in crate::track) use aor::address_of_record;
pub use journal::RegistrationCounts;
pub use table::RegistrationTable;
pub(in crate::track) use table::is_about_registration;
