//! Registrations: what REGISTER transactions bind, and for how long (RFC 3261, section 10).

mod attempt;
mod bindings;
mod table;

pub(in crate::track) use attempt::address_of_record;
pub use table::RegistrationTable;
pub(in crate::track) use table::is_about_registration;
